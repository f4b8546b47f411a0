// SPDX-License-Identifier: Apache-2.0
package org.tidemark.ssh;

import java.util.List;

/** The names of the options of a login, as a configuration and messages spell them; see {@link SshLogin}. */
public final class SshOptions {
    static final String KEY_FILE = "key-file";
    static final String AGENT_SOCKET = "agent-socket";
    static final String KNOWN_HOSTS = "known-hosts";
    static final String CONFIGURATION = "ssh-config";
    static final String KEY_PASSPHRASE = "key-passphrase";
    static final String PASSWORD = "password";

    /** The options whose values are absolute paths. */
    public static final List<String> PATHS = List.of(KEY_FILE, AGENT_SOCKET, KNOWN_HOSTS, CONFIGURATION);

    /** The secrets. */
    public static final List<String> SECRETS = List.of(KEY_PASSPHRASE, PASSWORD);

    private SshOptions() {}
}
