// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.Repository.WritePolicy;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.core.Sha256;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.testkit.StoreAccess;

class RepositoryGuideTest {
    private static final ObjectKey README = new ObjectKey("README-1.txt");
    private static final ObjectKey SCRIPT = new ObjectKey("rescue-1.sh");

    private final MemoryStore store = new MemoryStore(Samples.CLOCK);

    @Test
    void itIsStoredOnceAndSaysHowToRestore() throws IOException {
        RepositoryGuide.store(store);
        RepositoryGuide.store(store);

        assertThat(RepositoryGuide.keys())
                .containsExactlyInAnyOrder(README, SCRIPT)
                .allSatisfy(key -> {
                    assertThat(ObjectName.parse(key)).isEqualTo(new ObjectName.Guide(key.value()));
                    RepositoryGuide.verify(store, key);
                });
        assertThat(text(README)).contains("tidemark recover", "rescue-1.sh", "AGE-SECRET-KEY-");
        assertThat(text(SCRIPT)).startsWith("#!/bin/sh");
    }

    @Test
    void aRepositoryForEncryptedObjectsHasItToo() throws IOException {
        Repository repository = Repository.create(store, Samples.CLOCK, WritePolicy.ENCRYPTED_ONLY);

        RepositoryGuide.store(repository.objects());

        assertThat(text(README)).isNotEmpty();
    }

    @Test
    void aScriptThatSomebodyReplacedIsFound() throws IOException {
        store.putIfAbsent(SCRIPT, ObjectSource.of("rm -rf /".getBytes(StandardCharsets.UTF_8)));

        assertThatThrownBy(() -> RepositoryGuide.verify(store, SCRIPT))
                .isInstanceOf(DamagedObjectException.class)
                .hasMessageContaining("do not run it");
        RepositoryGuide.verify(store, README);
    }

    /** If this fails, a text has changed: after a release, give it the next number in RepositoryGuide. */
    @Test
    void theTextsOfTheseNumbersDoNotChange() throws IOException {
        RepositoryGuide.store(store);

        assertThat(sha256(SCRIPT)).isEqualTo("e9e7d436a711a0e358e54eb2685e027061bfd20144b26057be2ceb2da4d10d02");
        assertThat(sha256(README)).isEqualTo("265d42d8fdd056467fd165452e2d6de9ad18002d6fdb2a535d795f9c9a5ceec1");
    }

    private String sha256(ObjectKey key) throws IOException {
        return Sha256.of(text(key).getBytes(StandardCharsets.UTF_8)).toString();
    }

    private String text(ObjectKey key) throws IOException {
        return new String(StoreAccess.read(store, key.value()), StandardCharsets.UTF_8);
    }
}
