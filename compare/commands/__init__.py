"""One module per command with `run(args) -> exit code`; the annotation of `args` is what tyro parses.

The first line of a module's docstring is its line in `cinetraj --help`; a module whose name ends in an underscore
gives the command without it. Modules import nothing heavy at import, so that `--help` is quick.
"""
