"""Imported before pycolmap, whose own copy of deflate would break an import of zlib that comes later."""

import zlib as zlib
