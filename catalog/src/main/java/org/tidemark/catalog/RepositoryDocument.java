// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import org.tidemark.catalog.Repository.WritePolicy;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;

/**
 * What {@code tidemark.json} says. Immutable.
 *
 * @param id of the repository
 * @param accepts which objects it takes
 */
record RepositoryDocument(RepositoryId id, WritePolicy accepts) {
    static final ObjectKey KEY = new ObjectKey(ObjectName.RepositoryIdentity.NAME);

    private static final String ENCRYPTED = "encrypted";

    /** @throws DamagedObjectException if it is not what was written */
    static RepositoryDocument fetch(ObjectStore store) throws IOException {
        FlatJson members = ChecksummedJson.read(ChecksummedJson.fetch(store, KEY, ChecksummedJson.SMALL_BYTES), KEY);
        try {
            return new RepositoryDocument(new RepositoryId(members.requireText("repositoryId")), accepts(members));
        } catch (IllegalArgumentException e) {
            throw new DamagedObjectException(KEY, String.valueOf(e.getMessage()), e);
        }
    }

    private static WritePolicy accepts(FlatJson members) {
        Optional<String> text = members.text("accepts");
        if (text.isEmpty()) {
            return WritePolicy.ANYTHING;
        }
        if (text.get().equals(ENCRYPTED)) {
            return WritePolicy.ENCRYPTED_ONLY;
        }
        throw new UserFacingException(
                ExitCode.UNKNOWN_FORMAT,
                "'" + KEY + "' says that the repository accepts '" + text.get() + "', which this program does not know",
                "Was it made by a newer version of tidemark? Use that version.");
    }

    byte[] write(Instant created) {
        JsonMembers members = new JsonMembers().text("repositoryId", id.value()).text("created", created.toString());
        if (accepts == WritePolicy.ENCRYPTED_ONLY) {
            members.text("accepts", ENCRYPTED);
        }
        return members.document();
    }
}
