"""The routes: they translate and delegate."""
