// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.settings;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tidemark.core.PathBytes;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.PlanFinding.Topic;

/**
 * Settings by which a server writes, replaces or removes files outside of its data directory. With the same
 * configuration, two servers of one host do so in the same place: the second one takes the other's statistics, pid
 * file, log and promote trigger. Pure.
 */
public final class WritesOutside {
    /**
     * A setting.
     *
     * @param harmless its value by which nothing outside is written
     * @param lastMajor the last version that has it
     */
    private record Place(String name, String harmless, int lastMajor) {}

    private static final String PID_FILE = "external_pid_file";

    private static final List<Place> PLACES = List.of(
            new Place(PID_FILE, "", Integer.MAX_VALUE),
            new Place("log_directory", "log", Integer.MAX_VALUE),
            new Place("stats_temp_directory", "pg_stat_tmp", 14),
            new Place("promote_trigger_file", "", 15));

    private WritesOutside() {}

    /**
     * What keeps a server in its own directory, by names. Nothing in the place of the original, whose files these are.
     *
     * @param files the text of the settings files of the backup
     * @param start which gives a server with its configuration outside a pid file of its own
     * @param directory of the restored server
     * @param isInPlace whether it takes the place of the original
     */
    public static Map<String, String> overridden(
            Map<String, String> files, ServerStart start, int postgresMajor, Path directory, boolean isInPlace) {
        Map<String, String> configured = start.configured(files);
        Map<String, String> overridden = new LinkedHashMap<>();
        if (!isInPlace) {
            for (Place place : PLACES) {
                String value = configured.getOrDefault(place.name(), "");
                if (postgresMajor <= place.lastMajor() && !value.isEmpty() && isOutside(value, directory)) {
                    overridden.put(place.name(), place.harmless());
                }
            }
        }
        if (start.outside().isPresent()) {
            overridden.remove(PID_FILE);
        }
        return overridden;
    }

    /** What a plan says of the settings that it overrides. */
    public static List<PlanFinding> notes(Map<String, String> overridden) {
        return overridden.isEmpty()
                ? List.of()
                : List.of(PlanFinding.note(
                        Topic.SETTINGS,
                        "the configuration names places outside of the data directory, in which this server does not"
                                + " write; postgresql.auto.conf replaces: " + String.join(", ", overridden.keySet())));
    }

    private static boolean isOutside(String value, Path directory) {
        return !directory.resolve(PathBytes.path(value)).normalize().startsWith(directory);
    }
}
