// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.core.JsonObject;
import org.tidemark.core.Sha256;
import org.tidemark.core.UtcTime;
import org.tidemark.store.ObjectKey;

/**
 * What an operator rejected of the content under one name. Immutable.
 *
 * @param content the digest of the plain content; empty if it was damaged
 * @param at when, by the clock of the host
 * @param host on which it was rejected
 */
public record RejectedContent(Optional<Sha256> content, Instant at, String host) {
    public byte[] encode() {
        Map<String, Object> members = new LinkedHashMap<>();
        content.ifPresent(digest -> members.put("content", digest.hex()));
        members.put("rejected", at.toString());
        members.put("host", host);
        return ChecksummedJson.write(members);
    }

    public static RejectedContent decode(byte[] document, ObjectKey key) throws DamagedObjectException {
        JsonObject json = ChecksummedJson.read(document, key);
        try {
            return new RejectedContent(
                    json.optionalText("content").map(Sha256::new),
                    json.value("rejected", Instant::parse),
                    json.text("host"));
        } catch (IllegalArgumentException e) {
            throw new DamagedObjectException(key, String.valueOf(e.getMessage()), e);
        }
    }

    /** After the name of the object. */
    @Override
    public String toString() {
        return "was rejected with wal-resolve on host '" + host + "' at " + UtcTime.seconds(at);
    }
}
