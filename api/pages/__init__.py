"""The pages, one module per subject; each calls the same services as the JSON routes."""

from fastapi import APIRouter

router = APIRouter()
