// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import org.tidemark.store.DelegatingStore;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StoreTraits;
import org.tidemark.store.StoreTraits.ExclusiveCreate;

/**
 * S3Mock looks for the object first and writes it then, so that two writers at once can both be told success: seen with
 * 8 writers. The store cannot know; its traits are those of S3, and here those of this server.
 */
final class OneAfterTheOther extends DelegatingStore {
    OneAfterTheOther(ObjectStore store) {
        super(store);
    }

    @Override
    public StoreTraits traits() {
        return new StoreTraits(ExclusiveCreate.CHECKED);
    }
}
