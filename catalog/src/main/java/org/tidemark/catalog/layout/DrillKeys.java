// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.layout;

import java.util.UUID;
import org.tidemark.store.ObjectKey;

/**
 * Where the evidence of the drills of one host is, as it was stored first in one repository: a chain of numbered
 * documents. Copies of it in other repositories have the same keys. Immutable.
 *
 * @param repository in which the documents were stored first
 * @param host the id of the host's spool
 */
public record DrillKeys(IncarnationKeys incarnation, UUID repository, UUID host) {
    /** The beginning of the keys of the chain, with its slash. */
    public String prefix() {
        return incarnation.drills() + repository + "/" + host + "/";
    }

    public ObjectKey evidence(int number) {
        return new ObjectKey(prefix() + IncarnationKeys.digits(number) + ".json");
    }
}
