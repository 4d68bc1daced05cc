; For Inno Setup 6, through packaging/bundle: an installer that needs no administrator.

#ifndef Version
  #error Say which version: iscc /DVersion=1.2.3 utterkey.iss
#endif

; By which the running daemon is known: control/loopback.py.
#define Mutex "io.github.utterkey.Utterkey"

[Setup]
; The name by which Windows knows the program: it must never change.
AppId={{6C3D3C0B-6B0E-4C53-9E0B-2B1B8E0D4F2A}
AppName=utterkey
AppVersion={#Version}
AppPublisher=utterkey
AppComments=Hold a key, speak, let go: what you said is typed where your cursor is.
DefaultDirName={autopf}\utterkey
DisableDirPage=yes
DisableProgramGroupPage=yes
PrivilegesRequired=lowest
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0
LicenseFile=..\..\LICENSE
SetupIconFile=..\..\build\icons\utterkey.ico
UninstallDisplayIcon={app}\utterkey.exe
OutputDir=..\..\dist
OutputBaseFilename=utterkey-{#Version}-windows-setup
Compression=lzma2
SolidCompression=yes
; Windows would end the daemon in the middle of a sentence; it is told to quit instead, below.
CloseApplications=yes
RestartApplications=no
; The commands are to be found in a terminal.
ChangesEnvironment=yes

[Files]
Source: "..\..\dist\utterkey\*"; DestDir: "{app}"; Flags: recursesubdirs createallsubdirs ignoreversion

[Icons]
Name: "{autoprograms}\utterkey"; Filename: "{app}\utterkeyw.exe"; Parameters: "run"; AppUserModelID: "io.github.utterkey.Utterkey"

[Registry]
Root: HKCU; Subkey: "Environment"; ValueType: expandsz; ValueName: "Path"; ValueData: "{olddata};{app}"; Check: NotOnPath

[Run]
Filename: "{app}\utterkeyw.exe"; Parameters: "run"; Description: "Start utterkey"; Flags: nowait postinstall skipifsilent
Filename: "{app}\utterkeyw.exe"; Parameters: "run"; Flags: nowait skipifnotsilent; Check: WasRunning

[UninstallRun]
; Settings, journal and recordings belong to the user and stay; starting at login goes with the program.
Filename: "{app}\utterkey.exe"; Parameters: "autostart off"; Flags: runhidden; RunOnceId: "autostart"

[Code]
const
  Seconds = 15; { a dictation is finished first }

var
  Ran: Boolean;

function WasRunning: Boolean;
begin
  Result := Ran;
end;

{ Whether the daemon has ended, or there was none. }
function Quit: Boolean;
var
  Code, Waited: Integer;
begin
  Ran := CheckForMutexes('{#Mutex}');
  if Ran then
    Exec(ExpandConstant('{app}\utterkey.exe'), 'quit', '', SW_HIDE, ewWaitUntilTerminated, Code);
  Waited := 0;
  while CheckForMutexes('{#Mutex}') and (Waited < Seconds * 10) do
  begin
    Sleep(100);
    Waited := Waited + 1;
  end;
  Result := not CheckForMutexes('{#Mutex}');
end;

function PrepareToInstall(var NeedsRestart: Boolean): String;
begin
  Result := '';
  if not Quit then
    Result := 'utterkey is still running: choose Quit in the menu of its icon, then try again.';
end;

function InitializeUninstall: Boolean;
begin
  Result := Quit;
  if not Result then
    SuppressibleMsgBox('utterkey is still running: choose Quit in the menu of its icon, then try again.',
      mbError, MB_OK, IDOK);
end;

function Path: String;
begin
  if not RegQueryStringValue(HKEY_CURRENT_USER, 'Environment', 'Path', Result) then
    Result := '';
end;

function NotOnPath: Boolean;
begin
  Result := Pos(';' + Lowercase(ExpandConstant('{app}')) + ';', ';' + Lowercase(Path) + ';') = 0;
end;

procedure CurUninstallStepChanged(CurUninstallStep: TUninstallStep);
var
  Rest: String;
begin
  Rest := Path;
  if (CurUninstallStep = usUninstall) and (StringChangeEx(Rest, ';' + ExpandConstant('{app}'), '', True) > 0) then
    RegWriteExpandStringValue(HKEY_CURRENT_USER, 'Environment', 'Path', Rest);
end;
