"""How do foreign formats read and write? One file a layout: foreign bytes to neutral rows and back.

`foreign` holds what layouts share; a layout never knows another.

Doors: every room.
"""
