// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.spool;

import java.util.Optional;
import org.tidemark.archiver.spool.PendingObject.Held;
import org.tidemark.catalog.ContainerHeader;
import org.tidemark.catalog.ContentDigests;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.catalog.Sha256;
import org.tidemark.store.ObjectSource;

/** What is to be queued for a repository. */
public sealed interface Addition {
    /** The last part of the object's key, see {@link org.tidemark.catalog.WalArchive#keyName}. */
    String keyName();

    /** Of the plain content. */
    Sha256 plain();

    /** An object with all its bytes, for nobody else holds them. */
    record Bytes(String keyName, ContainerHeader header, ObjectSource stored) implements Addition {
        @Override
        public Sha256 plain() {
            return header.content().map(ContentDigests::plain).orElseThrow();
        }
    }

    /** The name of an object that {@code holder} holds durably: that takes no room. */
    record Name(String keyName, Sha256 plain, RepositoryId holder) implements Addition {}

    /** How the name of its file ends. */
    default Optional<Held> held() {
        return this instanceof Name name ? Optional.of(Held.of(name.holder(), plain())) : Optional.empty();
    }
}
