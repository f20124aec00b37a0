from __future__ import annotations

from dev.pages import Block, Inline, Source, blocks, inline_code, pages

PAGE = """# Head

Say `make demo`, or
`airflow version`.

<!-- from example_dags/a.py: one, two -->
```python
one = 1
```

```console
$ make `demo`
```

| a | b |
|---|---|
| `pip install x` | c |

<!-- from example_dags/b.py -->
```python
```

<!-- from example_dags/c.py -->

Something else.

    indented
"""


def test_blocks() -> None:
    assert list(blocks("p.md", PAGE)) == [
        Block("p.md", 7, "python", "one = 1\n", Source("example_dags/a.py", ("one", "two"))),
        Block("p.md", 11, "console", "$ make `demo`\n"),
        Block("p.md", 20, "python", "", Source("example_dags/b.py")),
        Block("p.md", 27, "", "indented\n"),
    ]


def test_code_in_the_text() -> None:
    assert list(inline_code("p.md", PAGE)) == [
        Inline("p.md", 3, "make demo"),
        Inline("p.md", 3, "airflow version"),
        Inline("p.md", 17, "pip install x"),
    ]


def test_all_pages_are_found() -> None:
    assert {"README.md", "CONTRIBUTING.md", "docs/index.md"} <= set(pages())
