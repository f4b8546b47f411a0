// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.recovery;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import org.tidemark.core.DurableFile;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Action;
import org.tidemark.core.RecoveryTarget.AtLsn;
import org.tidemark.core.RecoveryTarget.AtRestorePoint;
import org.tidemark.core.RecoveryTarget.AtTime;
import org.tidemark.core.RecoveryTarget.AtXid;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.core.Timeline;
import org.tidemark.postgres.CorruptFileException;
import org.tidemark.postgres.SettingsFile;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.restore.host.FileOwner;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.request.Role;

/**
 * What PostgreSQL is told by the role: where its WAL comes from, how far to go, and to leave the world outside alone.
 * Immutable.
 *
 * @param values in the order in which they are written; an empty one puts another file's setting out of force
 */
public record RecoverySettings(Map<String, String> values) {
    private static final int FIRST_WITH_ARCHIVE_LIBRARY = 15;
    private static final int FIRST_THAT_STOPS_AT_MINIMAL = 14;

    private static final String WORKERS = "max_logical_replication_workers";

    private static final String SYNCHRONOUS = "synchronous_standby_names";

    private static final String INCLUSIVE = "recovery_target_inclusive";

    private static final List<String> TARGETS = List.of(
            "recovery_target",
            "recovery_target_name",
            "recovery_target_time",
            "recovery_target_xid",
            "recovery_target_lsn");

    /** With its offset, so that no time zone of the server matters; PostgreSQL knows microseconds. */
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSSSSS'+00'", Locale.ROOT);

    public RecoverySettings {
        values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    /**
     * The settings that carry out a plan.
     *
     * @param restoreCommand with {@code %f} and {@code %p}
     */
    public static RecoverySettings of(Chosen plan, String restoreCommand) {
        SequencedMap<String, String> values = new LinkedHashMap<>();
        values.put("restore_command", restoreCommand);
        // Whatever target the configuration names is put out of force. The one that counts must come last: PostgreSQL
        // applies the settings in this order, and refuses even an empty one after another that is set.
        for (String name : TARGETS) {
            values.put(name, "");
        }
        switch (plan.request().role()) {
            case Role.Recovery recovery ->
                recover(recovery, plan.timeline(), plan.backup().postgresMajor(), values);
            case Role.Standby standby -> follow(standby, plan, values);
        }
        values.putAll(plan.settings());
        return new RecoverySettings(values);
    }

    /**
     * The settings with which a standby recovers to a target at its next start, and follows no primary.
     *
     * @param timeline that it replays
     * @param restoreCommand with {@code %f} and {@code %p}
     */
    public static RecoverySettings ofStandby(
            Role.Recovery role, Timeline timeline, int postgresMajor, String restoreCommand) {
        SequencedMap<String, String> values = new LinkedHashMap<>();
        values.put("restore_command", restoreCommand);
        TARGETS.forEach(name -> values.put(name, ""));
        recover(role, timeline, postgresMajor, values);
        return new RecoverySettings(values);
    }

    /**
     * Writes them into the directory of a standby, which takes them at its next start. Each file is durable when it is
     * written; one that is interrupted between two of them leaves a standby, or a recovery to the target.
     */
    public void writeIntoStandby(Path directory) throws IOException {
        DurableFile.Rights rights = FileOwner.of(directory).with(FileOwner.fileMode(directory));
        Path file = directory.resolve(SettingsFile.AUTO_CONF);
        SettingsFile existing =
                Files.exists(file) ? SettingsFile.read(file) : SettingsFile.empty(SettingsFile.AUTO_CONF);
        DurableFile.replace(file, writtenInto(existing).bytes(), rights);
        DurableFile.replace(directory.resolve("recovery.signal"), new byte[0], rights);
        Files.deleteIfExists(directory.resolve("standby.signal"));
        DurableFile.sync(directory);
    }

    private static void recover(
            Role.Recovery role, Timeline timeline, int postgresMajor, SequencedMap<String, String> values) {
        RecoveryTarget target = role.target();
        switch (target) {
            case RecoveryTarget.Latest latest -> {}
            case RecoveryTarget.Immediate immediate -> values.putLast("recovery_target", "immediate");
            case AtTime at -> values.putLast("recovery_target_time", time(at.time()));
            case AtLsn at -> values.putLast("recovery_target_lsn", at.lsn().toString());
            // PostgreSQL compares the low 32 bits, and its log prints no others.
            case AtXid at -> values.putLast("recovery_target_xid", Long.toString(at.xid() & 0xFFFF_FFFFL));
            case AtRestorePoint at -> values.putLast("recovery_target_name", at.name());
        }
        values.put(INCLUSIVE, bound(target) == Bound.INCLUSIVE ? "on" : "off");
        values.put("recovery_target_timeline", timeline.toString());
        values.put("recovery_target_action", role.action().name().toLowerCase(Locale.ROOT));
        if (role.action() == Action.PAUSE || postgresMajor < FIRST_THAT_STOPS_AT_MINIMAL) {
            // Without it PostgreSQL takes pause for shutdown; and 13 replays WAL of wal_level = minimal, from which
            // rows are missing, with a warning in its log alone.
            values.put("hot_standby", "on");
        }
        values.put("archive_mode", "off");
        values.put("archive_command", "");
        if (postgresMajor >= FIRST_WITH_ARCHIVE_LIBRARY) {
            values.put("archive_library", "");
        }
        leaveTheOriginalAlone(values);
        // Its subscriptions name the original's replication slots: what the copy takes from them, the original misses.
        values.put(WORKERS, "0");
        // Of the original's standbys none follows the copy: each of its commits would wait, and no timeout ends that.
        values.put(SYNCHRONOUS, "");
        values.put("primary_conninfo", "");
        // A delayed standby's: it holds up any recovery, not only that of a standby.
        values.put("recovery_min_apply_delay", "0");
        values.put("primary_slot_name", "");
    }

    private static void follow(Role.Standby role, Chosen plan, SequencedMap<String, String> values) {
        // After a failover the primary writes another timeline.
        values.put(
                "recovery_target_timeline",
                plan.pinned().map(Timeline::toString).orElse("latest"));
        leaveTheOriginalAlone(values);
        values.put("primary_conninfo", role.primaryConninfo());
        values.put("recovery_min_apply_delay", Long.toString(role.applyDelay().toMillis()));
        values.put("primary_slot_name", role.slot().orElse(""));
    }

    /**
     * What is replaced, and how it comes back: a reset does not bring back the backup's own ALTER SYSTEM.
     *
     * @param files the text of each settings file of the backup, by its name
     * @param configured what the whole configuration sets, as far as it is known
     */
    public static List<PlanFinding> notes(Chosen plan, Map<String, String> files, Map<String, String> configured) {
        if (!(plan.request().role() instanceof Role.Recovery)) {
            return List.of();
        }
        Map<String, String> altered = altered(files);
        List<PlanFinding> notes = new ArrayList<>();
        if (!altered.getOrDefault(WORKERS, "0").equals("0")) {
            notes.add(PlanFinding.note(
                    PlanFinding.Topic.OUTSIDE,
                    SettingsFile.AUTO_CONF + " sets " + WORKERS + " = '" + altered.get(WORKERS)
                            + "', and recover 0: set it again when this is the production server"));
        }
        String standbys = configured.getOrDefault(SYNCHRONOUS, "");
        if (!standbys.isBlank()) {
            notes.add(PlanFinding.note(
                    PlanFinding.Topic.OUTSIDE,
                    SYNCHRONOUS + " = '" + standbys + "' is put out of force: commits of the restored server wait for"
                            + " no standby. When this is the production server, and its standbys follow it, "
                            + (altered.containsKey(SYNCHRONOUS)
                                    ? "set it again"
                                    : "'tidemark setup primary' puts it in force again")));
        }
        return notes;
    }

    /** What the original set with ALTER SYSTEM. */
    private static Map<String, String> altered(Map<String, String> files) {
        Map<String, String> altered = new LinkedHashMap<>();
        try {
            SettingsFile.parse(files.getOrDefault(SettingsFile.AUTO_CONF, ""), SettingsFile.AUTO_CONF)
                    .settings()
                    .forEach(each -> altered.put(each.name(), each.value()));
        } catch (CorruptFileException e) {
            // said where its settings are reviewed
        }
        return altered;
    }

    /** Run by a copy, these act on the original's archive and surroundings. */
    private static void leaveTheOriginalAlone(SequencedMap<String, String> values) {
        values.put("archive_cleanup_command", "");
        values.put("recovery_end_command", "");
    }

    /** The settings file of a backup with these settings, and none other of the same names. */
    public SettingsFile writtenInto(SettingsFile existing) {
        return existing.without(values.keySet())
                .append("written by tidemark recover; 'tidemark setup primary' resets it", values);
    }

    /**
     * The lines of postgresql.auto.conf that say where the recovery ends, in their order, without the last line feed.
     */
    String targetLines() {
        SequencedMap<String, String> targets = new LinkedHashMap<>(values);
        targets.keySet().removeIf(name -> !TARGETS.contains(name) && !name.equals(INCLUSIVE));
        List<String> lines =
                SettingsFile.empty(SettingsFile.AUTO_CONF).append("", targets).lines();
        return String.join("\n", lines.subList(1, lines.size()));
    }

    static String time(Instant moment) {
        return TIME.format(moment.truncatedTo(ChronoUnit.MICROS).atOffset(ZoneOffset.UTC));
    }

    private static Bound bound(RecoveryTarget target) {
        return switch (target) {
            case AtTime at -> at.bound();
            case AtLsn at -> at.bound();
            case AtXid at -> at.bound();
            case RecoveryTarget.Latest latest -> Bound.INCLUSIVE;
            case RecoveryTarget.Immediate immediate -> Bound.INCLUSIVE;
            case AtRestorePoint point -> Bound.INCLUSIVE;
        };
    }
}
