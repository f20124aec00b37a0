"""Reading a stored file: one gapless stream, whatever happens on the way."""

from __future__ import annotations

import gzip
import hashlib
import tracemalloc

import httpx
import pytest

from extend_provider.exceptions import (
    ExtendFileError,
    ExtendNotFoundError,
    ExtendResponseError,
    ExtendServerError,
    ExtendTransportError,
)

DATA = bytes(range(256)) * 40
API = "api.extend.ai"


class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in small chunks, which may break off after some bytes."""

    def __init__(self, data, cut=None, error=None):
        self.data = data if cut is None else data[:cut]
        self.error = None if cut is None else error or httpx.ReadError("reset")

    def __iter__(self):
        for start in range(0, len(self.data), 1000):
            yield self.data[start : start + 1000]
        if self.error:
            raise self.error

    async def __aiter__(self):
        for chunk in self:
            yield chunk


class Storage:
    """
    Extend's file endpoint, which makes a fresh presigned URL each time, and the storage behind it.

    Each answer is a function of the request and its start position, used once; the last one stays.
    """

    def __init__(self, *answers, data=DATA):
        self.answers = list(answers)
        self.data = data
        self.urls = 0
        self.gets = []

    def __call__(self, request):
        if request.url.host == API:
            self.urls += 1
            url = f"https://storage.example/a/{self.urls}.pdf?sig={self.urls}"
            return httpx.Response(200, json={"object": "file", "id": "file_1", "presignedUrl": url})
        self.gets.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        wanted = request.headers.get("range")
        return answer(self, int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else None)

    @property
    def ranges(self):
        return [request.headers.get("range") for request in self.gets]


def serve(cut=None, error=None):
    """A storage that knows Range."""

    def answer(storage, start):
        if start is None:
            return httpx.Response(200, stream=Body(storage.data, cut, error))
        headers = {"Content-Range": f"bytes {start}-{len(storage.data) - 1}/{len(storage.data)}"}
        return httpx.Response(206, stream=Body(storage.data[start:], cut, error), headers=headers)

    return answer


def serve_from_start(cut=None):
    """A storage that ignores Range."""
    return lambda storage, start: httpx.Response(200, stream=Body(storage.data, cut))


def refuse(status, **headers):
    return lambda storage, start: httpx.Response(status, headers=headers)


def fail(error):
    def answer(storage, start):
        raise error

    return answer


@pytest.fixture
def download(connect):
    def run(*answers, data=DATA, **settings):
        storage = Storage(*answers, data=data)
        shell = connect(storage, **settings)
        return storage, shell

    return run


@pytest.mark.parametrize("size", [0, 1, 999, 1000, 1001, 100_000])
def test_a_file_is_read_whole(download, size):
    storage, shell = download(serve(), data=b"x" * size)

    assert shell.read("file_1") == b"x" * size
    assert storage.ranges == [None]


def test_the_storage_sees_no_key_and_no_header_of_the_api(download):
    storage, shell = download(serve(cut=100), serve(), workspace_id="ws_1")

    shell.read("file_1")

    assert len(storage.gets) == 2
    for request in storage.gets:
        assert not [name for name in request.headers if name.startswith("x-extend")]
        assert "authorization" not in request.headers
        assert "cookie" not in request.headers
        assert "sk_test" not in str(request.headers.raw)
        assert request.headers["accept-encoding"] == "identity"


def test_chunks_are_given_as_they_come(download):
    """Constant memory: nothing waits for the end of the file."""
    _, shell = download(serve(), data=b"x" * 50_000)

    chunks = shell.iterate("iter_file", "file_1")

    assert len(next(chunks)) < 50_000
    chunks.close()


def test_a_large_file_is_not_held_in_memory(connect):
    class Large(Body):
        def __iter__(self):
            for _ in range(2000):
                yield b"x" * 65_536

    def storage(request):
        if request.url.host == API:
            return httpx.Response(200, json={"id": "file_1", "presignedUrl": "https://s.example/x"})
        return httpx.Response(200, stream=Large(b""))

    shell = connect(storage)
    tracemalloc.start()
    try:
        size = sum(len(chunk) for chunk in shell.iterate("iter_file", "file_1"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert size == 2000 * 65_536
    assert peak < 5_000_000


# -- cut on the way ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", [0, 1, 999, 1000, 1001, 5000, len(DATA) - 1])
@pytest.mark.parametrize("mend", [serve, serve_from_start])
def test_a_cut_download_goes_on_where_it_stopped(download, cut, mend):
    storage, shell = download(serve(cut), mend())

    assert hashlib.sha256(shell.read("file_1")).digest() == hashlib.sha256(DATA).digest()
    assert storage.ranges == [None, f"bytes={cut}-" if cut else None]
    assert storage.urls == 2


@pytest.mark.parametrize("mend", [serve, serve_from_start])
def test_many_cuts_are_mended_as_long_as_there_is_progress(download, mend):
    cuts = [serve(700)] + ([serve(700)] * 8 if mend is serve else [serve_from_start(1400 + 700 * i) for i in range(8)])
    storage, shell = download(*cuts, mend())

    assert shell.read("file_1") == DATA
    assert len(storage.gets) == 10


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadTimeout("slow"),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("peer closed connection without sending complete message body"),
    ],
)
def test_each_way_of_breaking_off_is_mended(download, error):
    _, shell = download(serve(3000, error), serve())

    assert shell.read("file_1") == DATA


def test_a_connection_that_never_comes_up_ends_the_download(download, world):
    storage, shell = download(fail(httpx.ConnectError("refused")))

    with pytest.raises(ExtendTransportError, match="broke off after 0 bytes") as caught:
        shell.read("file_1")

    assert len(storage.gets) == 5
    assert world.pauses == [0.5, 1.0, 2.0, 4.0]
    assert caught.value.retryable is True
    assert caught.value.hint
    assert "sig=" not in str(caught.value)


def test_a_cut_always_at_the_same_place_ends_the_download(download):
    storage, shell = download(serve_from_start(3000))

    with pytest.raises(ExtendTransportError, match="broke off after 3000 bytes"):
        shell.read("file_1")

    assert len(storage.gets) == 5


def test_a_lost_end_of_transfer_after_the_last_byte_is_no_failure(download):
    total = len(DATA)
    storage, shell = download(serve(total), refuse(416, **{"Content-Range": f"bytes */{total}"}))

    assert shell.read("file_1") == DATA
    assert len(storage.gets) == 2


def test_a_416_that_means_something_else_is_a_failure(download):
    _, shell = download(serve(500), refuse(416, **{"Content-Range": "bytes */400"}))

    with pytest.raises(ExtendFileError, match="HTTP 416"):
        shell.read("file_1")


def test_a_part_from_another_position_is_never_taken(download):
    def wrong(storage, start):
        headers = {"Content-Range": f"bytes {start - 10}-{len(DATA) - 1}/{len(DATA)}"}
        return httpx.Response(206, stream=Body(DATA[start - 10 :]), headers=headers)

    _, shell = download(serve(500), wrong, serve())

    assert shell.read("file_1") == DATA


@pytest.mark.parametrize("headers", [{}, {"Content-Range": "bytes 5-9/10"}, {"Content-Range": "nonsense"}])
def test_a_part_without_a_position_is_never_taken(download, headers):
    _, shell = download(lambda storage, start: httpx.Response(206, stream=Body(DATA), headers=headers))

    with pytest.raises(ExtendFileError, match="HTTP 206"):
        shell.read("file_1")


def test_a_storage_that_gives_parts_only_is_asked_for_all_of_them(download):
    def part(storage, start):
        start = start or 0
        chunk = DATA[start : start + 4000]
        headers = {"Content-Range": f"bytes {start}-{start + len(chunk) - 1}/{len(DATA)}"}
        return httpx.Response(206, stream=Body(chunk), headers=headers)

    storage, shell = download(part)

    assert shell.read("file_1") == DATA
    assert storage.ranges == [None, "bytes=4000-", "bytes=8000-"]


def test_a_storage_that_does_not_tell_the_size_is_believed(download):
    def rest(storage, start):
        return httpx.Response(206, stream=Body(DATA[start:]), headers={"Content-Range": f"bytes {start}-{len(DATA)}/*"})

    _, shell = download(serve(500), rest)

    assert shell.read("file_1") == DATA


def test_a_storage_that_gives_empty_parts_ends_the_download(download):
    def nothing(storage, start):
        return httpx.Response(206, stream=Body(b""), headers={"Content-Range": f"bytes {start}-{start}/{len(DATA)}"})

    _, shell = download(serve(500), nothing)

    with pytest.raises(ExtendTransportError, match="broke off after 500 bytes"):
        shell.read("file_1")


def test_a_file_that_became_shorter_is_no_whole_file(download):
    _, shell = download(serve(5000), lambda storage, start: httpx.Response(200, stream=Body(b"other")))

    with pytest.raises(ExtendFileError, match="changed while it was downloaded"):
        shell.read("file_1")


def test_a_compressed_answer_is_started_again_not_resumed(download):
    packed = gzip.compress(DATA)

    def compressed(cut):
        return lambda storage, start: httpx.Response(
            200, stream=Body(packed, cut), headers={"Content-Encoding": "gzip"}
        )

    storage, shell = download(compressed(len(packed) - 20), compressed(None))

    assert shell.read("file_1") == DATA
    assert storage.ranges == [None, None]


# -- refused -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [403, 400, 404, 500, 503])
def test_a_refused_url_is_replaced_by_a_fresh_one(download, status):
    storage, shell = download(refuse(status), serve())

    assert shell.read("file_1") == DATA
    assert [request.url.params["sig"] for request in storage.gets] == ["1", "2"]


def test_a_url_that_expires_in_the_middle_is_replaced(download):
    storage, shell = download(serve(2000), refuse(403), serve())

    assert shell.read("file_1") == DATA
    assert storage.ranges == [None, "bytes=2000-", "bytes=2000-"]


def test_a_storage_that_always_refuses_is_a_typed_error(download):
    storage, shell = download(refuse(403))

    with pytest.raises(ExtendFileError) as caught:
        shell.read("file_1")

    assert len(storage.gets) == 5
    assert caught.value.status_code == 403
    assert caught.value.hint
    assert "sig=" not in str(caught.value)


def test_a_redirect_of_the_storage_is_followed(connect):
    seen = []

    def answer(request):
        seen.append(request)
        if request.url.host == API:
            return httpx.Response(200, json={"id": "file_1", "presignedUrl": "https://storage.example/a?sig=1"})
        if request.url.host == "storage.example":
            return httpx.Response(307, headers={"Location": "https://edge.example/b?sig=2"})
        return httpx.Response(200, content=DATA)

    shell = connect(answer)

    assert shell.read("file_1") == DATA
    assert [request.url.host for request in seen] == [API, "storage.example", "edge.example"]
    assert "authorization" not in seen[-1].headers


@pytest.mark.parametrize("location", ["https://storage.example/again", "https://[bad", "ftp://elsewhere.example/"])
def test_a_redirect_that_leads_nowhere_is_a_typed_error(download, location):
    _, shell = download(refuse(302, Location=location))

    with pytest.raises(ExtendTransportError) as caught:
        shell.read("file_1")

    assert "sig=" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_redirect_may_not_leave_tls(download):
    storage, shell = download(refuse(302, Location="http://storage.example/plain"))

    with pytest.raises(ExtendTransportError, match="a place that is not safe to read"):
        shell.read("file_1")

    assert {request.url.scheme for request in storage.gets} == {"https"}


def test_a_redirect_may_be_relative_and_keeps_the_position(download):
    def answer(storage, start):
        if "moved" not in str(storage.gets[-1].url):
            return httpx.Response(302, headers={"Location": "../moved.pdf?sig=9"})
        return serve(cut=3000 if start is None else None)(storage, start)

    storage, shell = download(answer)

    assert shell.read("file_1") == DATA
    assert storage.ranges == [None, None, "bytes=3000-", "bytes=3000-"]
    assert str(storage.gets[1].url) == "https://storage.example/moved.pdf?sig=9"


def test_a_storage_that_gives_a_byte_at_a_time_is_given_up(download):
    def crumb(storage, start):
        headers = {"Content-Range": f"bytes {start or 0}-{start or 0}/*"}
        return httpx.Response(206, stream=Body(b"x", 1), headers=headers)

    storage, shell = download(crumb)

    with pytest.raises(ExtendTransportError, match="broke off after"):
        shell.read("file_1")

    assert len(storage.gets) == 20


def test_a_file_that_is_too_large_is_given_up(download):
    _, shell = download(serve(), data=b"x" * 50_000, max_file_bytes=49_999)

    with pytest.raises(ExtendFileError, match="larger than 49999 bytes") as caught:
        shell.read("file_1")

    assert caught.value.hint


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "zstd"])
def test_an_encoding_that_was_not_asked_for_is_no_file(download, encoding):
    _, shell = download(
        lambda storage, start: httpx.Response(200, stream=Body(DATA), headers={"Content-Encoding": encoding})
    )

    with pytest.raises(ExtendTransportError, match="not asked for"):
        shell.read("file_1")


def test_a_compressed_file_that_breaks_off_in_silence_is_no_whole_file(download):
    """Without a length, only the compression tells."""
    packed = gzip.compress(DATA)
    _, shell = download(
        lambda storage, start: httpx.Response(200, stream=Body(packed[:-9]), headers={"Content-Encoding": "gzip"})
    )

    with pytest.raises(ExtendTransportError, match="breaks off"):
        shell.read("file_1")


@pytest.mark.parametrize(
    "url", [None, "", 5, "ftp://storage.example/a", "file:///etc/passwd", "storage.example/a", "//storage.example/a"]
)
def test_a_missing_or_strange_download_url_is_an_error(connect, url):
    shell = connect({"object": "file", "id": "file_1", "presignedUrl": url})

    with pytest.raises(ExtendResponseError, match="no download URL") as caught:
        shell.read("file_1")

    assert len(shell.requests) == 1
    assert caught.value.hint


def test_a_download_url_that_cannot_be_parsed_is_a_typed_error(connect):
    shell = connect({"object": "file", "id": "file_1", "presignedUrl": "https://storage.example:port/?sig=c0ffee"})

    with pytest.raises(ExtendTransportError) as caught:
        shell.read("file_1")

    assert "c0ffee" not in str(caught.value)


def test_a_file_that_is_gone_is_not_found(connect):
    shell = connect(httpx.Response(404, json={}))

    with pytest.raises(ExtendNotFoundError):
        shell.read("file_1")


def test_a_file_that_is_deleted_in_the_middle_is_not_found(connect):
    answers = iter([httpx.Response(200, json={"id": "f", "presignedUrl": "https://s.example/a"}), httpx.Response(404)])

    def answer(request):
        return next(answers) if request.url.host == API else httpx.Response(200, stream=Body(DATA, 3000))

    shell = connect(answer)

    with pytest.raises(ExtendNotFoundError):
        shell.read("file_1")


def test_an_outage_of_the_api_ends_the_download_after_its_retries(connect):
    shell = connect(httpx.Response(503, json={}), retry_for=5.0)

    with pytest.raises(ExtendServerError):
        shell.read("file_1")


def test_who_stops_reading_leaves_no_open_connection(connect):
    closed = []

    class Watched(Body):
        def close(self):
            closed.append(True)

        async def aclose(self):
            closed.append(True)

    def answer(request):
        if request.url.host == API:
            return httpx.Response(200, json={"id": "file_1", "presignedUrl": "https://s.example/a"})
        return httpx.Response(200, stream=Watched(DATA))

    shell = connect(answer)
    chunks = shell.iterate("iter_file", "file_1")
    next(chunks)
    chunks.close()

    assert closed == [True]
