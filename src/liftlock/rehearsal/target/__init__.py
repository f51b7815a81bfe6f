"""The target release's programs on restored copies: how they are set up, what they are asked, what that means."""
