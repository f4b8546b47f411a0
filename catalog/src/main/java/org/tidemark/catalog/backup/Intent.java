// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tidemark.catalog.ChecksummedJson;
import org.tidemark.catalog.DamagedObjectException;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.JsonObject;
import org.tidemark.store.ObjectKey;

/**
 * The content of {@code intent.json}: which host claims a backup id. Immutable.
 *
 * @param nonce 32 random digits: whose nonce is stored, owns the id
 * @param host where the backup is taken
 */
public record Intent(BackupId id, String nonce, String host, Instant started) {
    /** The document that is stored. */
    public byte[] encode() {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("id", id.value());
        members.put("nonce", nonce);
        members.put("host", host);
        members.put("started", started.toString());
        return ChecksummedJson.write(members);
    }

    /** Reads a document. */
    public static Intent decode(byte[] document, ObjectKey key) throws DamagedObjectException {
        JsonObject json = ChecksummedJson.read(document, key);
        try {
            return new Intent(
                    json.value("id", BackupId::new),
                    json.text("nonce"),
                    json.text("host"),
                    json.value("started", Instant::parse));
        } catch (IllegalArgumentException e) {
            throw new DamagedObjectException(key, String.valueOf(e.getMessage()), e);
        }
    }
}
