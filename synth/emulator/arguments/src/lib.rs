//! What `synth local` and `synth token` take. The command `synth` reads it, for its help and its completions; the program
//! `synth-local` gets it handed on and does it, so that who only synthesizes builds none of that.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum, ValueHint};

/// The port of the API where nothing else is said; AWS's is the next one.
pub const PORT: u16 = 4510;

/// How the local stack runs.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Local {
    /// Port of 127.0.0.1 for the API and its page; the AWS services are on the next one. 0 picks free ports for both
    #[arg(long, default_value_t = PORT, value_parser = clap::value_parser!(u16).range(..=i64::from(u16::MAX - 1)))]
    pub port: u16,
    /// Folder that keeps the state [default: one for each stack under the user's state directory]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub data: Option<PathBuf>,
    /// Keeps no state, beside the key of the local issuer
    #[arg(long)]
    pub in_memory: bool,
    /// File that gets {"api", "aws", "page", "token"}, and "key" where clients have keys, as JSON once everything serves
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub ready_file: Option<PathBuf>,
    /// How the functions run
    #[arg(long, value_enum, default_value_t = Functions::Library)]
    pub functions: Functions,
    /// Folder with the packed programs, `FUNCTION/bootstrap` each, for `--functions process`
    #[arg(long, value_name = "DIR", default_value = "target/functions", value_hint = ValueHint::DirPath)]
    pub functions_dir: PathBuf,
    /// Value of a parameter of the template; may be repeated
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    pub parameters: Vec<(String, String)>,
    /// Trouble on purpose, SERVICE:WHAT=HOW,...: `sqs:error=0.1,latency=50ms`; may be repeated. SERVICE is dynamodb, sqs,
    /// s3, secrets or all; WHAT is error, throttle, lost, duplicate or reorder, with a share from 0 to 1, or latency or
    /// index-lag, with a duration
    #[arg(long, value_name = "TROUBLE")]
    pub chaos: Vec<String>,
    /// What the trouble is drawn from; the same seed gives the same sequence
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub chaos_seed: u64,
    /// Shows what the functions log, on stderr
    #[arg(long)]
    pub logs: bool,
    /// Shows no line for each request
    #[arg(short, long)]
    pub quiet: bool,
}

/// How the functions run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Functions {
    /// The library, in this process
    Library,
    /// The packed programs, over the Lambda Runtime API
    Process,
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Token {
    /// What the token allows, separated by spaces [default: everything that the standard has a scope for]
    #[arg(long)]
    pub scopes: Option<String>,
    /// Who asks
    #[arg(long, value_name = "ID", default_value = "local")]
    pub client: String,
    /// How long it is valid: 30s, 15m, 1h or 7d
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = seconds)]
    pub expires: Duration,
    /// The folder that was given to `synth local`
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub data: Option<PathBuf>,
}

/// A duration as people write it: a whole number and `ms`, `s`, `m`, `h` or `d`.
///
/// # Errors
/// What would be right, where it is something else.
pub fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no duration such as 500ms, 30s, 15m, 1h or 7d");
    let unit_at = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(unit_at);
    let milliseconds: u64 = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60 * 1000,
        "h" => 60 * 60 * 1000,
        "d" => 24 * 60 * 60 * 1000,
        _ => return Err(wrong()),
    };
    let number = number.parse::<u64>().ok().and_then(|number| number.checked_mul(milliseconds));
    number.map(Duration::from_millis).ok_or_else(wrong)
}

/// The same, for what counts whole seconds.
fn seconds(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        whole if whole.subsec_nanos() == 0 => Ok(whole),
        _ => Err(format!("`{text}` is no whole number of seconds, which a token's end is")),
    }
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| format!("`{text}` is not NAME=VALUE"))?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Options, as a command line has them.
fn option(name: &str, value: impl Into<OsString>) -> OsString {
    // One argument each, so that a value that begins with a dash is no option.
    let mut option = OsString::from(format!("--{name}="));
    option.push(value.into());
    option
}

impl Local {
    /// The command line that reads as this.
    pub fn command_line(&self) -> Vec<OsString> {
        let mut line = vec![option("port", self.port.to_string())];
        line.extend(self.data.iter().map(|data| option("data", data)));
        line.extend(self.in_memory.then(|| "--in-memory".into()));
        line.extend(self.ready_file.iter().map(|file| option("ready-file", file)));
        let functions = match self.functions {
            Functions::Library => "library",
            Functions::Process => "process",
        };
        line.push(option("functions", functions));
        line.push(option("functions-dir", &self.functions_dir));
        line.extend(self.parameters.iter().map(|(name, value)| option("parameter", format!("{name}={value}"))));
        line.extend(self.chaos.iter().map(|trouble| option("chaos", trouble)));
        line.push(option("chaos-seed", self.chaos_seed.to_string()));
        line.extend(self.logs.then(|| "--logs".into()));
        line.extend(self.quiet.then(|| "--quiet".into()));
        line
    }
}

impl Token {
    /// The command line that reads as this.
    pub fn command_line(&self) -> Vec<OsString> {
        let mut line = Vec::new();
        line.extend(self.scopes.iter().map(|scopes| option("scopes", scopes)));
        line.push(option("client", &self.client));
        line.push(option("expires", format!("{}ms", self.expires.as_millis())));
        line.extend(self.data.iter().map(|data| option("data", data)));
        line
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use proptest::option;
    use proptest::prelude::*;

    use super::*;

    #[derive(Parser)]
    struct OfLocal {
        #[command(flatten)]
        local: Local,
    }

    #[derive(Debug, Parser)]
    struct OfToken {
        #[command(flatten)]
        token: Token,
    }

    fn path() -> impl Strategy<Value = PathBuf> {
        "[-=/ a-zé.]{1,12}".prop_map(PathBuf::from)
    }

    prop_compose! {
        fn local()(
            port in 0..u16::MAX,
            data in option::of(path()),
            flags in any::<[bool; 4]>(),
            ready_file in option::of(path()),
            functions_dir in path(),
            parameters in prop::collection::vec(("[A-Za-z]{1,5}", "[-= a-z]{0,8}"), 0..3),
            chaos in prop::collection::vec("[-:=a-z]{1,8}", 0..3),
            chaos_seed in any::<u64>(),
        ) -> Local {
            let [in_memory, process, logs, quiet] = flags;
            let functions = if process { Functions::Process } else { Functions::Library };
            Local {
                port, data, in_memory, ready_file, functions, functions_dir, parameters, chaos, chaos_seed, logs, quiet,
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_handed_on_is_what_was_read(local in local()) {
            let line = std::iter::once("local".into()).chain(local.command_line());
            prop_assert_eq!(OfLocal::try_parse_from(line).unwrap().local, local);
        }

        #[test]
        fn so_it_is_of_a_token(
            scopes in option::of("[-: a-z]{0,20}"), client in "[-a-z]{1,9}", seconds in 0..10_000_000_u64,
            data in option::of(path()),
        ) {
            let token = Token { scopes, client, expires: Duration::from_secs(seconds), data };
            let line = std::iter::once("token".into()).chain(token.command_line());
            prop_assert_eq!(OfToken::try_parse_from(line).unwrap().token, token);
        }
    }

    #[test]
    fn a_token_lasts_whole_seconds() {
        let parse = |expires: &str| OfToken::try_parse_from(["token", "--expires", expires]);
        assert_eq!(parse("2000ms").unwrap().token.expires, Duration::from_secs(2));
        let refused = parse("500ms").unwrap_err().to_string();
        assert!(refused.contains("`500ms` is no whole number of seconds"), "{refused}");
    }

    #[test]
    fn durations() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2d"), Ok(Duration::from_secs(2 * 24 * 60 * 60)));
        for wrong in ["", "5", "h", "1 h", "-1h", "1w", "99999999999999999999d", "9999999999999999d"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
