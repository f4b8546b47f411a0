// SPDX-License-Identifier: Apache-2.0
package org.tidemark.wal.fetch;

import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import org.tidemark.archiver.fetch.Recovery.TargetTimeline;
import org.tidemark.core.Timeline;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.EffectiveSettings;
import org.tidemark.postgres.EffectiveSettings.UncertainSettingException;

/**
 * The recovery_target_timeline with which the calling PostgreSQL was started. Immutable.
 *
 * @param dataDirectory in recovery
 * @param environment of the command, inherited from PostgreSQL
 */
record RecoveryTimeline(Path dataDirectory, Map<String, String> environment) {
    /** PostgreSQL also accepts 010 and 0x10, as strtoul() does; only plain decimal numbers are supported here. */
    private static final Pattern NUMBER = Pattern.compile("[1-9][0-9]{0,8}");

    TargetTimeline targetTimeline(ControlFile control) {
        String value;
        try {
            value = new EffectiveSettings(dataDirectory, environment)
                    .value("recovery_target_timeline")
                    .orElse("latest"); // PostgreSQL's default since 12
        } catch (UncertainSettingException e) {
            return new TargetTimeline.Unknown(String.valueOf(e.getMessage()));
        }
        return switch (value) {
            case "latest" -> new TargetTimeline.Newest();
            // Recovery does not change it.
            case "current" -> new TargetTimeline.Fixed(control.reachedTimeline());
            default ->
                NUMBER.matcher(value).matches()
                        ? new TargetTimeline.Fixed(new Timeline(Integer.parseInt(value)))
                        : new TargetTimeline.Unknown("recovery_target_timeline is '" + value + "'");
        };
    }
}
