"""Which reader a file name asks for, and which programming language it tells of."""

from pathlib import PurePosixPath
from typing import Literal

Format = Literal[
    "text",
    "markdown",
    "rst",
    "html",
    "pdf",
    "docx",
    "latex",
    "code",
    "table",
    "json",
    "jsonl",
    "parquet",
    "yaml",
    "unsupported",
]

_FORMATS: dict[Format, str] = {
    "text": "txt text log",
    "markdown": "md markdown mdx mkd qmd",
    "rst": "rst rest",
    "html": "html htm xhtml",
    "pdf": "pdf",
    "docx": "docx",
    "latex": "tex latex ltx",
    "table": "csv tsv tab",
    "json": "json",
    "jsonl": "jsonl ndjson",
    "parquet": "parquet pq",
    "yaml": "yaml yml",
    "unsupported": "doc docm dot odt ods odp rtf xls xlsx ppt pptx epub mobi ipynb",
}

_LANGUAGES = {
    "python": "py pyi pyw",
    "javascript": "js mjs cjs jsx",
    "typescript": "ts mts cts tsx",
    "java": "java",
    "kotlin": "kt kts",
    "scala": "scala sc",
    "groovy": "groovy gradle",
    "c": "c h",
    "cpp": "cc cpp cxx hh hpp hxx",
    "csharp": "cs",
    "fsharp": "fs fsx",
    "go": "go",
    "rust": "rs",
    "swift": "swift",
    "objective-c": "m mm",
    "ruby": "rb rake",
    "php": "php",
    "perl": "pl pm",
    "lua": "lua",
    "r": "r",
    "julia": "jl",
    "haskell": "hs",
    "ocaml": "ml mli",
    "elixir": "ex exs",
    "erlang": "erl hrl",
    "clojure": "clj cljs cljc edn",
    "lisp": "lisp el scm rkt",
    "dart": "dart",
    "zig": "zig",
    "solidity": "sol",
    "shell": "sh bash zsh fish",
    "powershell": "ps1 psm1",
    "sql": "sql",
    "css": "css scss sass less",
    "vue": "vue",
    "xml": "xml xsd xsl",
    "toml": "toml",
    "ini": "ini cfg",
    "protobuf": "proto",
    "graphql": "graphql gql",
    "terraform": "tf hcl",
    "cmake": "cmake",
    "fortran": "f f90 f95 f03",
    "cobol": "cob cbl",
    "pascal": "pas",
    "assembly": "asm s",
    "vhdl": "vhd vhdl",
    "verilog": "v sv",
}

_BY_ENDING: dict[str, Format] = {
    e: form for form, endings in _FORMATS.items() for e in endings.split()
}
_BY_LANGUAGE = {e: language for language, endings in _LANGUAGES.items() for e in endings.split()}
_BY_NAME = {"makefile": "makefile", "dockerfile": "dockerfile", "cmakelists.txt": "cmake"}


def format_of(name: str) -> tuple[Format, str]:
    """Return the format of a file and, for code, its language; others are tried as text."""
    path = PurePosixPath(name.lower().removesuffix(".gz"))
    if path.name in _BY_NAME:
        return "code", _BY_NAME[path.name]
    ending = path.suffix.removeprefix(".")
    if ending in _BY_LANGUAGE:
        return "code", _BY_LANGUAGE[ending]
    return _BY_ENDING.get(ending, "text"), ""
