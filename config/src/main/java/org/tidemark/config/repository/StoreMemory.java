// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config.repository;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.Sha256;
import org.tidemark.core.SpoolPart;
import org.tidemark.core.UnsyncedFile;
import org.tidemark.store.HostMemory;

/** The memory that this host keeps in its spool for the store at one address; see docs/design/spool.md. Thread-safe. */
record StoreMemory(Path spool, RepositorySettings settings) implements HostMemory {
    @Override
    public String read() {
        try {
            return Files.readString(file());
        } catch (IOException e) {
            return "";
        }
    }

    @Override
    public void write(String text) {
        try {
            UnsyncedFile.replace(file(), text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // Then the store does without.
        }
    }

    private Path file() {
        String address = RepositoryAddress.of(settings);
        return SpoolPart.STORES
                .in(spool)
                .resolve(Sha256.of(address.getBytes(StandardCharsets.UTF_8)).hex());
    }
}
