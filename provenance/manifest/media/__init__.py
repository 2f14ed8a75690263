"""Media files: images, audio, video and PDF, and what they say of their origin."""
