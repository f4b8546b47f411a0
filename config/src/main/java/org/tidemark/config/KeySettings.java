// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a repository is encrypted to, and where the private keys are. Immutable; holds no private key.
 *
 * @param encryptTo public keys of age; none: new objects are not encrypted
 * @param decryptWith absolute paths of files with private keys
 * @param decryptCommand a command of the shell that prints private keys, in place of files
 */
public record KeySettings(List<String> encryptTo, List<Path> decryptWith, Optional<String> decryptCommand) {
    public static final KeySettings NONE = new KeySettings(List.of(), List.of(), Optional.empty());

    public KeySettings {
        encryptTo = List.copyOf(encryptTo);
        decryptWith = List.copyOf(decryptWith);
    }

    /** Whose objects they are: two repositories of the same recipients, or of none, can hold copies of each other's. */
    public Set<String> recipients() {
        return Set.copyOf(encryptTo);
    }

    /** With these files alone for reading. */
    KeySettings withDecryptWith(List<Path> files) {
        return new KeySettings(encryptTo, files, Optional.empty());
    }
}
