"""Which document a ``file`` argument means: the same for every try, and never another by mistake."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from extend_provider.exceptions import ExtendFileError
from extend_provider.hooks import storage
from extend_provider.hooks.file_identity import file_identity, has_version, stable_url

SHAREPOINT = "https://x.sharepoint.com/_layouts/15/download.aspx?UniqueId=1a2b"
# A URL, and what a storage adds to sign it: twice, for two signatures.
SIGNED = {
    "S3": ("https://b.s3.amazonaws.com/f.pdf", "X-Amz-Date={0}&X-Amz-Signature={0}&X-Amz-Security-Token={0}"),
    "S3, old": ("https://b.s3.amazonaws.com/f.pdf", "AWSAccessKeyId={0}&Signature={0}&Expires={0}"),
    "CloudFront": ("https://d1.cloudfront.net/f.pdf", "Policy={0}&Signature={0}&Key-Pair-Id={0}"),
    "Google": ("https://storage.googleapis.com/b/f.pdf", "X-Goog-Date={0}&X-Goog-Signature={0}"),
    "Azure": ("https://a.blob.core.windows.net/c/f.pdf", "sv=2024&se={0}&sr=b&sp=r&sig={0}"),
    "Swift": ("https://swift.example/v1/AUTH_a/c/f.pdf", "temp_url_sig={0}&temp_url_expires={0}"),
    "Alibaba": ("https://b.oss.aliyuncs.com/f.pdf", "OSSAccessKeyId={0}&Expires={0}&Signature={0}&security-token={0}"),
    "Tencent": ("https://b.cos.myqcloud.com/f.pdf", "q-sign-time={0}&q-ak={0}&q-signature={0}&q-key-time={0}"),
    "Huawei": ("https://b.obs.example/f.pdf", "AccessKeyId={0}&Expires={0}&Signature={0}&x-obs-security-token={0}"),
    "Supabase": ("https://p.supabase.co/storage/v1/object/sign/b/f.pdf", "token={0}"),
    "SharePoint": (SHAREPOINT, "tempauth={0}"),
    "Backblaze": ("https://f1.backblazeb2.com/file/b/f.pdf", "Authorization={0}"),
    "Backblaze, own domain": ("https://files.example/file/b/f.pdf", "Authorization={0}"),
    "Backblaze, by id": ("https://f1.backblazeb2.com/b2api/v3/b2_download_file_by_id?fileId=4_z", "Authorization={0}"),
}


def holding(info: Callable[[str], Any]) -> Callable[[Any], Any]:
    return lambda path: SimpleNamespace(fs=SimpleNamespace(info=info), path=str(path))


@pytest.mark.parametrize("name", SIGNED)
def test_a_fresh_signature_is_the_same_document(name: str) -> None:
    url, signature = SIGNED[name]
    signed = [f"{url}{'&' if '?' in url else '?'}{signature.format(moment)}" for moment in ("20260304", "20260305")]
    assert stable_url(signed[0]) == stable_url(signed[1])
    assert "20260304" not in stable_url(signed[0]).replace("sv=2024", "")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/f.pdf", "https://a.example/g.pdf"),
        ("https://a.example/get?id=1&Signature=x", "https://a.example/get?id=2&Signature=x"),
        ("https://a.example/share?token=one", "https://a.example/share?token=two"),
        ("https://a.example/get?sp=1", "https://a.example/get?sp=2"),
        ("https://a.example/pdf?policy=4711", "https://a.example/pdf?policy=4712"),
        ("https://a.example/pdf?authorization=A17", "https://a.example/pdf?authorization=A18"),
        ("https://a.example/api/file/pdf?authorization=A17", "https://a.example/api/file/pdf?authorization=A18"),
        ("https://a.example/contract?expires=2027", "https://a.example/contract?expires=2028"),
        (f"{SHAREPOINT}&tempauth=x", f"{SHAREPOINT}9&tempauth=x"),
        ("https://a.example/get?versionId=1", "https://a.example/get?versionId=2"),
    ],
)
def test_another_document_stays_another(one: str, other: str) -> None:
    assert stable_url(one) != stable_url(other)


def test_a_local_file_is_told_by_path_and_content(tmp_path: Path) -> None:
    one, other = tmp_path / "one.pdf", tmp_path / "other.pdf"
    for path in (one, other):
        path.write_bytes(b"%PDF-1.7")
    assert file_identity(str(one)) == {"path": str(one), "content": hashlib.sha256(b"%PDF-1.7").hexdigest()}
    assert file_identity(str(one)) != file_identity(str(other))
    before = file_identity(str(one))
    one.write_bytes(b"%PDF-1.8")
    assert file_identity(str(one)) != before


def test_where_a_file_is_can_be_told_without_it() -> None:
    assert file_identity("/nowhere/w9.pdf", content=False) == {"path": "/nowhere/w9.pdf"}
    assert file_identity("file_1", content=False) == {"id": "file_1"}
    with pytest.raises(ExtendFileError, match="There is no file"):
        file_identity("/nowhere/w9.pdf")


def test_an_object_is_told_by_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "object_storage_path", holding(lambda _: {"ETag": "e1", "size": 3, "name": "x"}))
    assert file_identity("s3://b/f.pdf") == {"path": "s3://b/f.pdf", "content": {"ETag": "e1", "size": "3"}}


@pytest.mark.parametrize(
    "name",
    ["mtime", "modified", "last_modified", "LastModified", "updated", "last_write_time", "modify", "modificationTime"],
)
def test_one_without_a_version_is_told_by_when_it_was_written(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    told = {"size": 3, name: 1}
    monkeypatch.setattr(storage, "object_storage_path", holding(lambda _: told))
    before = file_identity("sftp://b/f.pdf")
    assert file_identity("sftp://b/f.pdf") == before
    assert has_version("sftp://b/f.pdf")
    told[name] = 2
    assert file_identity("sftp://b/f.pdf") != before


def test_what_is_no_version_still_tells_one_document_from_another(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"size": 3, "created": 1}
    monkeypatch.setattr(storage, "object_storage_path", holding(lambda _: told))
    identities = [file_identity("memory://b/f.pdf")]
    for name in told:
        told[name] += 1
        identities.append(file_identity("memory://b/f.pdf"))
    assert len({str(identity) for identity in identities}) == 3


def test_the_same_content_written_again_is_the_same_document(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"ETag": "e1", "size": 3, "LastModified": 1}
    monkeypatch.setattr(storage, "object_storage_path", holding(lambda _: told))
    before = file_identity("s3://b/f.pdf")
    told["LastModified"] = 2
    assert file_identity("s3://b/f.pdf") == before


@pytest.mark.parametrize("told", [{}, {"size": 3}, {"size": 3, "created": 1}, {"size": 3, "mtime": None}])
def test_a_size_is_no_version(monkeypatch: pytest.MonkeyPatch, told: dict[str, Any]) -> None:
    monkeypatch.setattr(storage, "object_storage_path", holding(lambda _: told))
    assert not has_version("odd://b/f.pdf")


def test_a_local_file_has_its_content(tmp_path: Path) -> None:
    assert has_version(tmp_path / "form.pdf")
    assert has_version(f"file://{tmp_path}/form.pdf")


class Refused(Exception):  # noqa: N818 - as botocore's ClientError, no OSError
    """An error of a storage's own library."""


@pytest.mark.parametrize("error", [TimeoutError("away"), PermissionError("no"), Refused("no")])
def test_a_storage_that_is_away_is_no_other_document(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def info(_: str) -> Any:
        raise error

    monkeypatch.setattr(storage, "object_storage_path", holding(info))
    with pytest.raises(ExtendFileError, match=r"s3://b/f\.pdf cannot be read") as raised:
        file_identity("s3://b/f.pdf")
    assert raised.value.retryable


def test_an_object_that_is_missing_is_no_document(monkeypatch: pytest.MonkeyPatch) -> None:
    def info(_: str) -> Any:
        raise FileNotFoundError

    monkeypatch.setattr(storage, "object_storage_path", holding(info))
    with pytest.raises(ExtendFileError, match=r"There is no file s3://b/f\.pdf") as raised:
        file_identity("s3://b/f.pdf")
    assert not raised.value.retryable


def test_a_storage_that_tells_nothing_is_told_by_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    def info(_: str) -> Any:
        raise NotImplementedError

    monkeypatch.setattr(storage, "object_storage_path", holding(info))
    assert file_identity("odd://b/f.pdf") == {"path": "odd://b/f.pdf", "content": {}}
