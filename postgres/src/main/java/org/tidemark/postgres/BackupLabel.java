// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;

/**
 * The content of {@code backup_label} or of a backup history file: build_backup_content() of
 * src/backend/access/transam/xlogbackup.c. Immutable.
 *
 * @param start the position where replay must start
 * @param startSegment the segment that holds {@code start}
 * @param stop present only in a backup history file
 * @param method usually {@code streamed}
 * @param from {@code primary} or {@code standby}; PostgreSQL 13 writes {@code master} instead of {@code primary}
 * @param startTime the server's text, in the server's time zone
 * @param incrementalFrom the start of the backup on which an incremental backup is based; PostgreSQL refuses to start
 *     from such a backup
 */
public record BackupLabel(
        Lsn start,
        WalFile.Segment startSegment,
        Optional<Lsn> stop,
        Lsn checkpoint,
        String method,
        String from,
        String startTime,
        String label,
        Timeline timeline,
        Optional<Lsn> incrementalFrom) {
    private static final Pattern EARLIER = Pattern.compile("(?m)^INCREMENTAL FROM (?:LSN|TLI): [^\n]*\n");
    private static final Pattern LOCATION = Pattern.compile("([^ ]+) \\(file ([0-9A-F]{24})\\)");

    /**
     * Parses the text of a backup_label or of a backup history file.
     *
     * @param file the file's name, for messages
     * @throws CorruptFileException if a line that recovery needs is missing or cannot be read
     */
    public static BackupLabel parse(String text, String file) throws CorruptFileException {
        Map<String, String> lines = lines(text);
        try {
            Matcher start = location(required(lines, "START WAL LOCATION"));
            return new BackupLabel(
                    Lsn.parse(start.group(1)),
                    segment(start.group(2)),
                    Optional.ofNullable(lines.get("STOP WAL LOCATION"))
                            .map(stop -> Lsn.parse(location(stop).group(1))),
                    Lsn.parse(required(lines, "CHECKPOINT LOCATION")),
                    required(lines, "BACKUP METHOD"),
                    required(lines, "BACKUP FROM"),
                    required(lines, "START TIME"),
                    required(lines, "LABEL"),
                    new Timeline(Integer.parseInt(required(lines, "START TIMELINE"))),
                    Optional.ofNullable(lines.get("INCREMENTAL FROM LSN")).map(Lsn::parse));
        } catch (IllegalArgumentException e) {
            throw new CorruptFileException(file, String.valueOf(e.getMessage()));
        }
    }

    /**
     * The same content without the lines with which PostgreSQL refuses to start: for a backup that was put together
     * from what PostgreSQL has sent and an earlier backup.
     */
    public static byte[] withoutIncrementalLines(byte[] content) {
        String text = new String(content, StandardCharsets.ISO_8859_1);
        return EARLIER.matcher(text).replaceAll("").getBytes(StandardCharsets.ISO_8859_1);
    }

    // The label may contain a colon; the keys do not.
    private static Map<String, String> lines(String text) {
        Map<String, String> lines = new HashMap<>();
        for (String line : text.split("\r?\n", -1)) {
            int colon = line.indexOf(": ");
            if (colon > 0) {
                lines.putIfAbsent(line.substring(0, colon), line.substring(colon + 2));
            }
        }
        return lines;
    }

    private static String required(Map<String, String> lines, String key) {
        String value = lines.get(key);
        if (value == null) {
            throw new IllegalArgumentException("the line '" + key + "' is missing");
        }
        return value;
    }

    private static Matcher location(String text) {
        Matcher matcher = LOCATION.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not a WAL location: '" + text + "'");
        }
        return matcher;
    }

    private static WalFile.Segment segment(String name) {
        return switch (WalFile.parse(name)) {
            case WalFile.Segment segment -> segment;
            case WalFile.PartialSegment partial -> partial.segment();
            case WalFile.BackupHistoryFile backup -> backup.segment();
            case WalFile.TimelineHistoryFile history ->
                throw new IllegalArgumentException("not the name of a segment: '" + history.name() + "'");
        };
    }
}
