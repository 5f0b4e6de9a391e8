"""Foreign formats, one file each: foreign bytes to neutral rows and back. This module holds nothing."""
