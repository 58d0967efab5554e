//! CloudWatch.

use indexmap::IndexMap;

use super::properties;
use crate::cloudformation::Text;

properties! {
    /// An alarm. <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-cloudwatch-alarm.html>
    Alarm = "AWS::CloudWatch::Alarm" tagged {
        alarm_description: &'static str,
        namespace: &'static str,
        metric_name: &'static str,
        dimensions: Vec<Dimension>,
        statistic: Option<&'static str>,
        extended_statistic: Option<&'static str>,
        /// Seconds.
        period: u32,
        evaluation_periods: u32,
        datapoints_to_alarm: u32,
        threshold: f64,
        comparison_operator: &'static str,
        treat_missing_data: &'static str,
        alarm_actions: Option<Vec<Text>>,
        #[serde(rename = "OKActions")]
        ok_actions: Option<Vec<Text>>,
    }
}

properties! {
    /// Which one of a metric.
    Dimension { name: &'static str, value: Text }
}

properties! {
    /// A dashboard.
    Dashboard = "AWS::CloudWatch::Dashboard" { dashboard_name: Option<Text>, dashboard_body: Text }
}

/// Dimensions from pairs.
pub fn dimensions(pairs: IndexMap<&'static str, Text>) -> Vec<Dimension> {
    pairs.into_iter().map(|(name, value)| Dimension { name, value }).collect()
}
