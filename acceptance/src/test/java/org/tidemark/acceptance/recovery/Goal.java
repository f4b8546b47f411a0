// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.tidemark.acceptance.recovery.WalStory.Moment;

/**
 * Where a recovery is to go: what stands in restore_command and in postgresql.auto.conf, as recover writes it.
 * Immutable.
 *
 * @param options for wal-fetch
 * @param settings names and values
 */
record Goal(String options, Map<String, String> settings) {
    /** The targets after a batch; "immediate" is before every batch. */
    enum Kind {
        TIME,
        XID,
        LSN,
        NAME
    }

    Goal {
        settings = Map.copyOf(settings);
    }

    static Goal latest(int timeline) {
        return new Goal("--timeline " + timeline + " --target latest", timelineOf(timeline));
    }

    static Goal immediate() {
        return target(1, "immediate", "recovery_target", "immediate");
    }

    static Goal at(Kind kind, Moment moment) {
        return at(1, kind, moment);
    }

    static Goal at(int timeline, Kind kind, Moment moment) {
        return switch (kind) {
            case TIME -> target(timeline, "time", "recovery_target_time", moment.time());
            case XID -> target(timeline, "xid", "recovery_target_xid", moment.xid());
            case LSN -> target(timeline, "lsn", "recovery_target_lsn", moment.lsn());
            case NAME -> target(timeline, "name", "recovery_target_name", moment.name());
        };
    }

    /** A hand-written restore_command, with a timeline that PostgreSQL alone knows of. */
    static Goal withoutOptions(String recoveryTargetTimeline) {
        return new Goal("", Map.of("recovery_target_timeline", recoveryTargetTimeline));
    }

    /** The same restore_command with one setting changed, or taken out. */
    Goal with(String setting, Optional<String> value) {
        Map<String, String> changed = new LinkedHashMap<>(settings);
        changed.remove(setting);
        value.ifPresent(text -> changed.put(setting, text));
        return new Goal(options, changed);
    }

    private static Goal target(int timeline, String kind, String setting, String value) {
        Map<String, String> settings = new LinkedHashMap<>(timelineOf(timeline));
        settings.put(setting, value);
        settings.put("recovery_target_action", "promote");
        return new Goal("--timeline " + timeline + " --target " + kind, settings);
    }

    private static Map<String, String> timelineOf(int timeline) {
        return Map.of("recovery_target_timeline", Integer.toString(timeline));
    }
}
