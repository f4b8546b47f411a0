// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.keys;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.SwiftServer;

/** A Swift that has lost its memory of logins. */
@Isolated("the server forgets the tokens of every test")
class ForgottenTokensTest {
    private final SwiftServer server = SwiftServer.shared();

    @Test
    void aTokenThatTheStoreForgotIsRenewedOnce() throws IOException {
        try (ObjectStore store = SwiftStores.open(server.newContainer(), SwiftServer.WRITER)) {
            put(store, "main/a", new byte[1]);
            server.forgetTokens();
            put(store, "main/b", new byte[1_000_000]);
            server.forgetTokens();
            put(store, "main/c", new byte[2_000_000]);
            server.forgetTokens();
            assertThat(read(store, "main/b")).hasSize(1_000_000);
            server.forgetTokens();
            assertThat(keys(store, "")).containsExactly("main/a", "main/b", "main/c");
            server.forgetTokens();
            store.delete(List.of(key("main/a"), key("main/b")));
            assertThat(keys(store, "")).containsExactly("main/c");
        }
    }
}
