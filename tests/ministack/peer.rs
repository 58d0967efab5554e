//! MiniStack as a process, and the stack in it.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::PATIENCE;
use crate::aws::Aws;

const BUCKET: &str = "assets";

/// A running MiniStack.
pub(crate) struct MiniStack {
    process: Child,
    endpoint: String,
    /// All that it writes, the functions that it runs included.
    folder: TempDir,
}

/// The stack in it.
pub(crate) struct Deployed {
    /// Address of the API, up to its paths.
    pub(crate) api: String,
    pub(crate) table: String,
    pub(crate) clients_secret: String,
}

impl MiniStack {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // It wants to be told a port; one that is free now is all that can be had.
        let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).expect("a free port");
        let endpoint = format!("http://{free}");
        let log = fs::File::create(folder.path().join("log")).expect("a file can be written");
        let mut command = Command::new("ministack");
        command
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", free.port().to_string())
            // Where its functions find it.
            .env("AWS_ENDPOINT_URL", &endpoint)
            .env("TMPDIR", folder.path())
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file can be shared"))
            .stderr(log);
        let process = command.spawn().unwrap_or_else(|why| {
            panic!(
                "ministack: {why}; `tests/run` installs it (tests/ministack/requirements.txt) and puts it on the PATH"
            )
        });
        let mut this = Self { process, endpoint, folder };
        let began = Instant::now();
        while tokio::net::TcpStream::connect(free).await.is_err() {
            let ended = this.process.try_wait().expect("it is ours");
            assert!(ended.is_none() && began.elapsed() < PATIENCE, "it does not serve: {}", this.said());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        this
    }

    pub(crate) fn aws(&self) -> Aws {
        Aws::at(&self.endpoint)
    }

    fn said(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Deploys a template as CloudFormation wants it: the functions' packages and the template, which is too large to be sent,
    /// lie in a bucket.
    pub(crate) async fn deploy(&self, name: &str, template: &Value) -> Deployed {
        let aws = self.aws();
        let here =
            "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>";
        aws.put_object(&format!("/{BUCKET}"), here).await;
        for resource in template["Resources"].as_object().expect("resources").values() {
            if resource["Type"] == "AWS::Lambda::Function" {
                let key = resource["Properties"]["Code"]["S3Key"].as_str().expect("a key");
                aws.put_object(&format!("/{BUCKET}/{key}"), self.package(key)).await;
            }
        }
        aws.put_object(&format!("/{BUCKET}/template.json"), template.to_string()).await;
        let url = format!("{}/{BUCKET}/template.json", self.endpoint);
        aws.cloudformation(&[
            ("Action", "CreateStack"),
            ("StackName", name),
            ("TemplateURL", &url),
            ("Capabilities.member.1", "CAPABILITY_IAM"),
            ("Parameters.member.1.ParameterKey", "AssetsBucket"),
            ("Parameters.member.1.ParameterValue", BUCKET),
        ])
        .await;
        let began = Instant::now();
        let stack = loop {
            let stack = aws.cloudformation(&[("Action", "DescribeStacks"), ("StackName", name)]).await;
            if between(&stack, "<StackStatus>", "<") != Some("CREATE_IN_PROGRESS") {
                break stack;
            }
            assert!(began.elapsed() < PATIENCE, "{stack}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        assert_eq!(between(&stack, "<StackStatus>", "<"), Some("CREATE_COMPLETE"), "{stack}");
        let output = |name: &str| {
            let after = format!("<OutputKey>{name}</OutputKey>");
            let (_, rest) = stack.split_once(&after).unwrap_or_else(|| panic!("no output {name}: {stack}"));
            between(rest, "<OutputValue>", "<").expect("an output has a value").to_owned()
        };
        let url = output("ApiUrl");
        let id = between(&url, "https://", ".").unwrap_or_else(|| panic!("the API's address has no id: {url}"));
        Deployed {
            // `execute-api` without a name of its own in DNS.
            api: format!("{}/restapis/{id}/v1/_user_request_", self.endpoint),
            table: output("TableName"),
            clients_secret: output("ClientsSecretArn"),
        }
    }

    /// The package of a function: its program, as it was built with this test, as `bootstrap`.
    fn package(&self, key: &str) -> Vec<u8> {
        let name = key.rsplit('/').next().and_then(|file| file.split('-').next()).expect("a key names its function");
        let folder = self.folder.path().join(name);
        fs::create_dir(&folder).expect("a folder can be made");
        let (bootstrap, package) = (folder.join("bootstrap"), folder.join("package.zip"));
        let test = std::env::current_exe().expect("a test has a file");
        let program = test.ancestors().nth(2).expect("a test lies in target/<profile>/deps").join(name);
        assert!(program.exists(), "no {}: `cargo build -p handlers --bins` builds it", program.display());
        symlink(program, &bootstrap).expect("a link can be made");
        // Stored, for speed; with its permissions.
        let pack = "import sys, zipfile; zipfile.ZipFile(sys.argv[1], 'w').write(sys.argv[2], 'bootstrap')";
        let packed = Command::new("python3").args(["-c", pack]).args([&package, &bootstrap]).status();
        assert!(packed.expect("python3 is there, MiniStack is written in it").success());
        fs::read(&package).expect("it was packed")
    }
}

impl Drop for MiniStack {
    fn drop(&mut self) {
        // SIGTERM, so that it ends the functions that it runs.
        let asked = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
        if std::thread::panicking() {
            eprintln!("MiniStack said: {}", self.said());
        }
    }
}

/// What stands between two texts, the first time.
fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.split_once(start)?.1.split_once(end).map(|(found, _)| found)
}
