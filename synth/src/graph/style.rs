//! What the formats share about how a node looks.

use super::Kind;

impl Kind {
    pub(super) const ALL: [Self; 8] = [
        Self::Client,
        Self::Api,
        Self::Function,
        Self::Table,
        Self::Bucket,
        Self::Queue,
        Self::Secret,
        Self::Other,
    ];

    /// Name of its style class.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Api => "api",
            Self::Function => "function",
            Self::Table => "table",
            Self::Bucket => "bucket",
            Self::Queue => "queue",
            Self::Secret => "secret",
            Self::Other => "other",
        }
    }

    /// Fill on light paper, line, fill on dark paper. Text keeps a contrast of at least 4.5 to 1 on both fills.
    pub(super) fn colours(self) -> [&'static str; 3] {
        match self {
            Self::Client | Self::Other => ["#f6f8fa", "#6e7781", "#21262d"],
            Self::Api => ["#f5edff", "#8250df", "#271f3d"],
            Self::Function => ["#fff3e8", "#d4680a", "#38230f"],
            Self::Table => ["#e6f4ff", "#0969da", "#10263f"],
            Self::Bucket => ["#e6f9ea", "#1a7f37", "#12301c"],
            Self::Queue => ["#ffeff7", "#bf3989", "#381a2c"],
            Self::Secret => ["#fff8d6", "#9a6700", "#322808"],
        }
    }
}
