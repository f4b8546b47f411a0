// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.Lsn;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.retention.RetentionCatalog.Keep;
import org.tidemark.retention.RetentionCatalog.WalScope;
import org.tidemark.retention.RetentionPolicy.Since;

/**
 * A worked case: what is archived, which policy holds, and what goes. It is read from rows, which
 * {@code retention-cases/README.md} explains. Not thread-safe.
 */
final class RetentionCase {
    private final String name;
    private final Map<String, List<String>> rows = new LinkedHashMap<>();
    private final WalSegmentSize size;
    private final SimulatedArchive archive;
    private final Map<String, BackupId> backups = new HashMap<>();

    /** @throws IllegalArgumentException if a row is not understood */
    RetentionCase(String name, List<String> lines) {
        this.name = name;
        for (String line : lines) {
            String[] parts = line.strip().split(" +", 2);
            rows.computeIfAbsent(parts[0], any -> new ArrayList<>()).add(parts.length > 1 ? parts[1] : "");
        }
        size = optional("segments")
                .map(mib -> new WalSegmentSize(Integer.parseInt(mib) << 20))
                .orElse(SimulatedArchive.SIZE);
        archive = new SimulatedArchive(size);
        rows.forEach((key, values) -> values.forEach(value -> read(key, new Words(value))));
    }

    /** The words of a row, some of which are named by the word before them. */
    private record Words(String text) {
        String get(int index) {
            return text.split(" +", -1)[index];
        }

        int timeline() {
            return Integer.parseInt(get(0));
        }

        Optional<String> after(String word) {
            List<String> words = List.of(text.split(" +", -1));
            return Optional.of(words.indexOf(word)).filter(index -> index >= 0).map(index -> words.get(index + 1));
        }

        /** All words but the first. */
        String rest() {
            return text.substring(get(0).length()).strip();
        }
    }

    private void read(String key, Words words) {
        switch (key) {
            case "wal" -> wal(words);
            case "hole" -> archive.without(words.timeline(), place(first(words.get(1))), place(last(words.get(1))));
            case "partial" -> archive.partial(words.timeline(), place(words.get(1)));
            case "fork" -> archive.fork(words.timeline(), Integer.parseInt(words.get(1)), position(words.get(2)));
            case "unknown" -> archive.withoutHistory(words.timeline());
            case "backup" -> backup(words);
            case "kept" -> archive.keep(backup(words.get(0)), keep(words));
            case "broken" -> archive.broken(backup(words.get(0)), words.rest());
            case "damaged-pages" -> archive.withDamagedPages(backup(words.get(0)));
            case "doubtful" -> archive.doubt(backup(words.get(0)), words.rest());
            case "unfinished" ->
                archive.unfinished(time(words.get(0)), words.after("from").map(this::position));
            case "locked" -> archive.lock(Duration.parse("P" + words.get(0)));
            case "unreadable" -> archive.unreadable(words.text());
            case "segments", "source", "stricter", "policy", "since", "wal-policy", "rules", "minimum", "now" -> {}
            case "goes", "says", "leaves" -> {}
            default -> throw new IllegalArgumentException(name + ": not a row of a case: " + key);
        }
    }

    private void wal(Words words) {
        Instant moment = time(words.after("from").orElseThrow());
        Duration step =
                words.after("every").map(each -> Duration.parse("PT" + each)).orElse(Duration.ofDays(1));
        for (long place = place(first(words.get(1))); place <= place(last(words.get(1))); place++) {
            archive.wal(words.timeline(), place, moment);
            moment = moment.plus(step);
        }
    }

    /** A backup ends when its last segment is written, unless the row says when. */
    private void backup(Words words) {
        int timeline = Integer.parseInt(words.get(1));
        Lsn stop = position(last(words.get(2)));
        Instant ended = words.after("ended")
                .map(RetentionCase::time)
                .orElseGet(() -> archive.moment(timeline, size.segmentNumber(stop.plus(-1))));
        BackupId id = archive.backup(timeline, position(first(words.get(2))), stop, ended);
        words.after("stored").map(RetentionCase::time).ifPresent(stored -> archive.stored(id, stored));
        backups.put(words.get(0), id);
    }

    private static Keep keep(Words words) {
        return new Keep(
                WalScope.valueOf(words.get(1).toUpperCase(Locale.ROOT)),
                words.after("until").map(RetentionCase::time),
                Optional.empty());
    }

    private static String first(String range) {
        return range.split("\\.\\.", -1)[0];
    }

    private static String last(String range) {
        String[] ends = range.split("\\.\\.", -1);
        return ends[ends.length - 1];
    }

    private static long place(String text) {
        return Long.parseLong(text);
    }

    /** The middle of a segment, {@code 7}, or a fraction of it, {@code 7.25}. */
    private Lsn position(String text) {
        BigDecimal place = text.contains(".") ? new BigDecimal(text) : new BigDecimal(text + ".5");
        return new Lsn(place.multiply(BigDecimal.valueOf(size.bytes())).longValue());
    }

    /** {@code 2026-03-10}, or {@code 2026-03-10T06:30:00Z}. */
    static Instant time(String text) {
        return Instant.parse(text.contains("T") ? text : text + "T00:00:00Z");
    }

    private Optional<String> optional(String key) {
        return all(key).stream().findFirst();
    }

    List<String> all(String key) {
        return rows.getOrDefault(key, List.of());
    }

    String name() {
        return name;
    }

    SimulatedArchive archive() {
        return archive;
    }

    WalSegmentSize size() {
        return size;
    }

    Instant now() {
        return time(optional("now").orElseThrow(() -> new IllegalArgumentException(name + ": no now")));
    }

    RetentionSettings settings() {
        return new RetentionSettings(
                optional("policy")
                        .map(RetentionPolicy::parse)
                        .or(() -> optional("since").map(time -> new Since(time(time)))),
                optional("wal-policy").map(RetentionPolicy::parse),
                optional("rules").map(LongTermRule::parseAll).orElse(List.of()),
                optional("minimum").map(Integer::valueOf).orElse(RetentionSettings.DEFAULT_MINIMUM_REDUNDANCY));
    }

    BackupId backup(String label) {
        return Optional.ofNullable(backups.get(label))
                .orElseThrow(() -> new IllegalArgumentException(name + ": no backup " + label));
    }

    /** The name that the case gives a backup. */
    String label(BackupId id) {
        return backups.entrySet().stream()
                .filter(each -> each.getValue().equals(id))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow();
    }
}
