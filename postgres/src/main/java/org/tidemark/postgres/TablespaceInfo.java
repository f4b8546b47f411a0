// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One archive of a base backup: the data directory itself, or a tablespace outside of it. Immutable.
 *
 * @param oid the tablespace's OID; 0 for the data directory
 * @param location the server's absolute path; empty for the data directory
 * @param sizeKib the server's estimate in KiB before the backup began
 */
public record TablespaceInfo(long oid, String location, long sizeKib) {
    private static final Pattern FILE = Pattern.compile("pg_tblspc/([0-9]{1,10})/");

    public TablespaceInfo {
        if (oid < 0 || oid > 0xFFFF_FFFFL || sizeKib < 0) {
            throw new IllegalArgumentException("not a tablespace: OID " + oid + ", size " + sizeKib + " KiB");
        }
    }

    /**
     * The path of the tablespace in the data directory: a link that leads to the location, or a directory if that is no
     * other place.
     */
    public String path() {
        return "pg_tblspc/" + oid;
    }

    /** The OID of the tablespace of a file; 0 for one that is in none. */
    public static long oidOf(String path) {
        Matcher tablespace = FILE.matcher(path);
        return tablespace.lookingAt() ? Long.parseLong(tablespace.group(1)) : 0;
    }

    public boolean isDataDirectory() {
        return oid == 0;
    }
}
