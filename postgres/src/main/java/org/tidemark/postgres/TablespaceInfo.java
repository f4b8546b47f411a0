// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

/**
 * One archive of a base backup: the data directory itself, or a tablespace outside of it. Immutable.
 *
 * @param oid the tablespace's OID; 0 for the data directory
 * @param location the server's absolute path; empty for the data directory
 * @param sizeKib the server's estimate in KiB before the backup began
 */
public record TablespaceInfo(long oid, String location, long sizeKib) {
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

    public boolean isDataDirectory() {
        return oid == 0;
    }
}
