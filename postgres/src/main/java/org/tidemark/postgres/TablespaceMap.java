// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The file {@code tablespace_map}: the links that PostgreSQL creates in pg_tblspc at the start of a recovery. Each link
 * is a line {@code oid path}. A backslash precedes a line feed, a carriage return or a backslash in a path
 * (do_pg_backup_start() and read_tablespace_map() of src/backend/access/transam/). Immutable.
 */
public record TablespaceMap(List<Entry> entries) {
    private static final Pattern OID = Pattern.compile("[0-9]{1,10}");

    /** One tablespace; {@code path} is an absolute path on the server's host. */
    public record Entry(long oid, String path) {}

    public TablespaceMap {
        entries = List.copyOf(entries);
    }

    /**
     * Parses the file's text.
     *
     * @throws CorruptFileException if a line is not {@code oid path}, or the last one is cut off
     */
    public static TablespaceMap parse(String text) throws CorruptFileException {
        List<Entry> entries = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        boolean escaped = false;
        for (int at = 0; at < text.length(); at++) {
            char c = text.charAt(at);
            if (!escaped && c == '\\') {
                escaped = true;
            } else if (!escaped && (c == '\n' || c == '\r')) {
                if (!line.isEmpty()) {
                    entries.add(entry(line.toString()));
                }
                line.setLength(0);
            } else {
                line.append(c);
                escaped = false;
            }
        }
        if (escaped || !line.isEmpty()) {
            throw corrupt("the last line is cut off");
        }
        return new TablespaceMap(entries);
    }

    /** The file's text; empty without tablespaces. */
    public String print() {
        StringBuilder text = new StringBuilder();
        for (Entry entry : entries) {
            text.append(entry.oid()).append(' ');
            for (char c : entry.path().toCharArray()) {
                if (c == '\n' || c == '\r' || c == '\\') {
                    text.append('\\');
                }
                text.append(c);
            }
            text.append('\n');
        }
        return text.toString();
    }

    private static Entry entry(String line) throws CorruptFileException {
        int space = line.indexOf(' ');
        if (space < 1
                || space + 1 == line.length()
                || !OID.matcher(line.substring(0, space)).matches()) {
            throw corrupt("not a tablespace and its path: '" + line + "'");
        }
        return new Entry(Long.parseLong(line.substring(0, space)), line.substring(space + 1));
    }

    private static CorruptFileException corrupt(String problem) {
        return new CorruptFileException("tablespace_map", problem);
    }
}
