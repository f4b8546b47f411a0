// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.JsonObject;
import org.tidemark.store.ObjectKey;

/**
 * Says that a backup existed and was removed, or is about to be. While its {@code backup.json} exists, it means
 * nothing. Immutable.
 *
 * @param ended when the backup had ended
 * @param at when it was removed, by the clock of the host
 * @param host that removed it
 * @param why a few words
 * @param lastKeep the last keep or release of the backup, whose marks go with it
 */
public record Tombstone(BackupId id, Instant ended, Instant at, String host, String why, Optional<Mark> lastKeep) {
    /** One of a backup that nobody ever kept. */
    public Tombstone(BackupId id, Instant ended, Instant at, String host, String why) {
        this(id, ended, at, host, why, Optional.empty());
    }

    /** The removal of a backup follows its note at once; after so long, it was cut off, or is done. */
    private static final Duration RECENT = Duration.ofDays(1);

    /** Whether the run that said it may still be about to remove the backup. */
    public boolean isRecent(Instant now) {
        return at.isAfter(now.minus(RECENT)) && at.isBefore(now.plus(RECENT));
    }

    /** The document that is stored. */
    byte[] encode() {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("id", id.value());
        members.put("ended", ended.toString());
        members.put("removed", at.toString());
        members.put("host", host);
        members.put("why", why);
        lastKeep.ifPresent(mark -> members.put("lastKeep", MarkJson.members(mark)));
        return ChecksummedJson.write(members);
    }

    /** Reads a document. */
    static Tombstone decode(byte[] document, ObjectKey key) throws DamagedObjectException {
        JsonObject json = ChecksummedJson.read(document, key);
        try {
            return new Tombstone(
                    json.value("id", BackupId::new),
                    json.value("ended", Instant::parse),
                    json.value("removed", Instant::parse),
                    json.text("host"),
                    json.text("why"),
                    json.has("lastKeep") ? Optional.of(MarkJson.decode(json.object("lastKeep"))) : Optional.empty());
        } catch (IllegalArgumentException e) {
            throw new DamagedObjectException(key, String.valueOf(e.getMessage()), e);
        }
    }
}
