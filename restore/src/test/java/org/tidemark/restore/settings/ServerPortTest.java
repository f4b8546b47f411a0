// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A restored server takes the port of no other cluster, even if that one is down. */
class ServerPortTest {
    @TempDir
    private Path sockets;

    private ServerPort find(int wanted) {
        return ServerPort.find(OptionalInt.of(wanted), Optional.of(sockets.toString()), Optional.empty());
    }

    @Test
    void aPortThatAConfiguredClusterIsToHaveIsTakenByNoOther() throws IOException {
        try (ServerSocket running = new ServerSocket()) {
            running.bind(new InetSocketAddress(0));
            int wanted = running.getLocalPort();
            ServerPort next = find(wanted);

            assertThat(next.port()).isGreaterThan(wanted);
            ServerPort other = next.besides(Set.of(wanted, next.port(), next.port() + 1));
            assertThat(other.port()).isGreaterThan(next.port() + 1).isLessThan(wanted + 100);
            assertThat(other.wanted()).isEqualTo(wanted);
            assertThat(next.besides(Set.of(wanted))).isEqualTo(next);
        }
    }

    @Test
    void itsOwnPortStaysIfNobodyHasIt() throws IOException {
        int wanted;
        try (ServerSocket free = new ServerSocket()) {
            free.bind(new InetSocketAddress(0));
            wanted = free.getLocalPort();
        }
        ServerPort own = find(wanted);

        assertThat(own.besides(Set.of(wanted))).isEqualTo(own);
        assertThat(own.isElsewhere()).isFalse();
    }
}
