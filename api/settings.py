"""Settings: the only reader of the environment. ``docs/settings.md`` documents each one; a test holds it to that."""

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything an operator can set, as ``DRUGCHECK_<NAME>``."""

    model_config = SettingsConfigDict(env_prefix="DRUGCHECK_", env_file=None, extra="ignore", frozen=True)

    data_dir: Path = Path("data/lab")
    database_url: str | None = None  # default: SQLite in data_dir
    files: str | None = None  # default: a folder in data_dir
    signing_key: Path | None = None  # default: in data_dir; in a network keep it elsewhere
    token_key: Path | None = None  # default: beside the signing key
    person_code_keys: Path | None = None  # a folder, default: that of the signing key; kept out of backups
    base_url: str = "http://127.0.0.1:8000"
    network_name: str = "Drugcheck"
    default_language: Literal["en", "fr", "nl"] = "fr"
    exercise: bool = False  # everything that leaves says that it is an exercise
    session_hours: float = Field(default=12, gt=0)
    worker_in_process: bool = True  # `serve` works too; switch off where `drugcheck worker` runs
    rate_limit_storage: str = "memory://"  # or redis://…, shared by several processes
    trusted_proxies: str = "127.0.0.1"
    source_url: str | None = None  # where a changed version offers its source (AGPL, section 13)
    smtp_host: str | None = None
    smtp_port: int = 587
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    mail_from: str = "drugcheck@localhost"
    sms_url: str | None = None  # the operator's own gateway for text messages
    sms_body: str = '{"to": "{to}", "text": "{text}"}'  # what it is sent; JSON, or else a form
    sms_authorization: SecretStr | None = None  # the whole Authorization header
    chat_rooms: dict[str, SecretStr] = Field(default_factory=dict)  # JSON: Apprise's URL of each room, by its name
    push_key: Path | None = None  # default: beside the signing key
    contact_keys: Path | None = None  # default: beside the data folder, never in it
    contact_days_after_report: int = Field(default=14, ge=0)  # contacts of people, after the last pending analysis
    contact_days_at_most: int = Field(default=180, ge=1)  # the same, of samples that never get an answer
    mail_folder: Path | None = None  # instead of sending, write each e-mail there: demos and training
    watch_list: str = ""  # substances, separated by commas, that own standards must cover before probabilities show
    ticket_days: int = Field(default=90, ge=1, le=730)  # how long a person's ticket opens an answer
    confirmation_due_days: int = Field(default=14, gt=0)
    photo_days_after_report: int = Field(default=14, ge=0)  # photographs that nobody agreed to keep
    photo_days_at_most: int = Field(default=90, ge=1)  # the same, of samples that never get an answer
    seal_photo_days: int = Field(default=365, ge=0)  # photographs of seals, once nothing of the sample is left
    analysis_memory_mb: int = Field(default=2048, ge=512)
    analysis_seconds: float = Field(default=120, gt=0)

    @property
    def effective_database_url(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'lab.sqlite'}"

    @property
    def effective_files(self) -> str:
        return self.files or str(self.data_dir / "files")

    @property
    def effective_signing_key(self) -> Path:
        return self.signing_key or self.data_dir / "custody.key"

    @property
    def effective_token_key(self) -> Path:
        return self.token_key or self.effective_signing_key.with_name("token.key")

    @property
    def effective_push_key(self) -> Path:
        return self.push_key or self.effective_signing_key.with_name("push.key")

    @property
    def effective_contact_keys(self) -> Path:
        """Beside the data folder: what copies that folder must not take the keys of contacts with it."""
        folder = self.data_dir.resolve()
        return self.contact_keys or folder.with_name(f"{folder.name or 'drugcheck'}-contact-keys")

    @property
    def effective_person_code_keys(self) -> Path:
        return self.person_code_keys or self.effective_signing_key.parent

    @property
    def session_lifetime(self) -> timedelta:
        return timedelta(hours=self.session_hours)

    @property
    def watched(self) -> tuple[str, ...]:
        return tuple(name.strip() for name in self.watch_list.split(",") if name.strip())

    @property
    def https(self) -> bool:
        return self.base_url.startswith("https://")
