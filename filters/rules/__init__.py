"""Rules, one file each; the file name is the rule name. This module holds nothing."""
