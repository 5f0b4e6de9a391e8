"""How do foreign formats read and write? One file a layout: foreign bytes to neutral rows and back.

`foreign` holds what layouts share, `questions` what those of questions do; a layout never knows another.

Doors: every room.
"""
