"""One folder a chapter, named as its notebook; they never meet, and know neither the study nor the build."""
