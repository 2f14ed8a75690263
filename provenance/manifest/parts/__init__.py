"""Rows of several parts: chats, completions, instruction sets, images with captions."""
