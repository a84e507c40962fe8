"""The series as a course: exercises that answer, the copies for students and teachers, the path through it."""
