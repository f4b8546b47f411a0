// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.util.LinkedHashMap;
import java.util.Map;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.core.JsonObject;
import org.tidemark.core.Sha256;

/**
 * A line of the list of bundles: an object that holds data of a backup. Immutable.
 *
 * @param bundle its number in the manifest, from 1
 * @param id the backup that it was stored for
 * @param number its number there, from 1
 * @param object the size and digest of the whole stored object
 * @param live the length of the data in it that this backup uses, in bytes
 */
public record BundleRef(int bundle, BackupId id, int number, StoredObject object, long live) {
    public BundleRef {
        IncarnationKeys.checkNumber(number);
        if (bundle < 1 || live < 0) {
            throw new IllegalArgumentException("not a bundle: " + bundle + ", " + live + " bytes of data");
        }
    }

    /** The line, its line feed included. */
    public byte[] encode() {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("bundle", bundle);
        line.put("id", id.value());
        line.put("number", number);
        line.put("size", object.sizeBytes());
        line.put("sha256", object.sha256().hex());
        line.put("live", live);
        return JsonLine.write(line);
    }

    /** @throws IllegalArgumentException if the line is not a bundle */
    static BundleRef parse(JsonObject line) {
        return new BundleRef(
                line.integer("bundle"),
                line.value("id", BackupId::new),
                line.integer("number"),
                new StoredObject(line.number("size"), line.value("sha256", Sha256::new)),
                line.number("live"));
    }
}
