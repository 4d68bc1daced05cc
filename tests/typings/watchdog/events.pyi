class FileSystemEvent:
    src_path: bytes | str
    dest_path: bytes | str
    is_directory: bool

class FileSystemEventHandler:
    def on_any_event(self, event: FileSystemEvent) -> None: ...
