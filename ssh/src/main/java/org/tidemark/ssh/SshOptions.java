// SPDX-License-Identifier: Apache-2.0
package org.tidemark.ssh;

import java.util.List;
import org.tidemark.store.StoreOption;

/** The options of a store that uses ssh; see {@link SshLogin}. */
public final class SshOptions {
    static final StoreOption KEY_FILE = StoreOption.path("key-file");
    static final StoreOption AGENT_SOCKET = StoreOption.path("agent-socket");
    static final StoreOption KNOWN_HOSTS = StoreOption.path("known-hosts");
    static final StoreOption CONFIGURATION = StoreOption.path("ssh-config");
    static final String KEY_PASSPHRASE = "key-passphrase";
    static final String PASSWORD = "password";

    /** The options that {@link SshLogin#withoutSecrets} reads. */
    public static final List<StoreOption> PLAIN = List.of(KEY_FILE, AGENT_SOCKET, KNOWN_HOSTS, CONFIGURATION);

    /** The additional options that {@link SshLogin#parse} reads. */
    public static final List<StoreOption> SECRETS =
            StoreOption.all(StoreOption.secret(KEY_PASSPHRASE), StoreOption.secret(PASSWORD));

    private SshOptions() {}
}
