"""How everything looks: design tokens, the theme made of them, the shapes of verdicts, pictures for Qt, words."""
