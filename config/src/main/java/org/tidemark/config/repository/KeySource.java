// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config.repository;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.age.AgeIdentity;
import org.tidemark.catalog.age.AgeIdentity.IdentityFile;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.RepositorySettings.KeySettings;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.StoreOptions;

/**
 * Fetches private keys from the files or the command that a configuration names. Their content is never part of a
 * message.
 */
record KeySource(String repository, KeySettings settings) implements PrivateKeys.Source {
    private static final int MAX_BYTES = 64 << 10;
    private static final String COMMAND = "decrypt-with";

    /** The keys are read only when the first encrypted object is. */
    static PrivateKeys of(RepositorySettings repository) {
        KeySettings settings = repository.keys();
        if (settings.decryptCommand().isPresent()) {
            return PrivateKeys.from("the decrypt-with command", new KeySource(repository.name(), settings));
        }
        if (settings.decryptWith().isEmpty()) {
            return PrivateKeys.NONE;
        }
        StringBuilder files = new StringBuilder();
        for (Path file : settings.decryptWith()) {
            files.append(files.isEmpty() ? "'" : ", '").append(file).append('\'');
        }
        return PrivateKeys.from(files.toString(), new KeySource(repository.name(), settings));
    }

    @Override
    public List<AgeIdentity> fetch() {
        if (settings.decryptCommand().isPresent()) {
            return ofCommand(settings.decryptCommand().get());
        }
        List<AgeIdentity> identities = new ArrayList<>();
        for (Path file : settings.decryptWith()) {
            identities.addAll(ofFile(file));
        }
        return identities;
    }

    private List<AgeIdentity> ofFile(Path file) {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw failed("'" + file + "' is too long for a private key file", null);
            }
            return parse(Files.readAllBytes(file), "'" + file + "'");
        } catch (NoSuchFileException e) {
            throw failed("there is no private key file '" + file + "'", e);
        } catch (IOException e) {
            throw failed("the private key file '" + file + "' cannot be read by this user", e);
        }
    }

    private List<AgeIdentity> ofCommand(String command) {
        try {
            String printed = new StoreOptions(Map.of(COMMAND + "-command", command))
                    .secretText(COMMAND)
                    .orElseThrow()
                    .value();
            return parse(printed.getBytes(StandardCharsets.UTF_8), "the output of the decrypt-with command");
        } catch (IllegalArgumentException e) {
            throw failed(String.valueOf(e.getMessage()), e);
        }
    }

    private List<AgeIdentity> parse(byte[] content, String what) {
        try {
            return IdentityFile.parse(content);
        } catch (IllegalArgumentException e) {
            throw failed(what + " cannot be used: " + e.getMessage(), e);
        } finally {
            Arrays.fill(content, (byte) 0);
        }
    }

    private UserFacingException failed(String problem, @Nullable Exception cause) {
        return new UserFacingException(
                ExitCode.USAGE,
                "repository '" + repository + "': " + problem,
                "Is the file where decrypt-with says, and can this user read it? age-keygen and 'tidemark init"
                        + " --make-key FILE' create such files.",
                cause);
    }
}
