// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.repository;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.ServiceLoader;
import org.tidemark.cli.config.RepositorySettings;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ElapsedTime;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.ObjectStoreProvider;
import org.tidemark.store.RetryLimits;
import org.tidemark.store.StoreStack;

/** Makes the store at a repository's address, by the provider of its scheme. */
public final class StoreFactory {
    /** For what passes by itself within seconds; who can wait longer asks again. */
    private static final RetryLimits RETRIES =
            new RetryLimits(5, Duration.ofSeconds(20), Duration.ofMillis(200), Duration.ofSeconds(5));

    private StoreFactory() {}

    /** The caller closes it. */
    public static ObjectStore open(RepositorySettings settings) {
        ObjectStoreProvider provider = provider(settings);
        try {
            StoreStack.Settings around =
                    new StoreStack.Settings("", settings.bandwidthLimit(), settings.bandwidthLimit(), RETRIES);
            ObjectStore bare = provider.open(settings.url(), settings.options());
            // Several threads share it, and only this kind of generator may be shared.
            return StoreStack.around(bare, around, ElapsedTime.SYSTEM, new Random())
                    .store();
        } catch (IllegalArgumentException e) {
            throw refused(settings, e);
        }
    }

    /** Makes what must be there before an object can be stored. */
    public static void createRoot(RepositorySettings settings) throws IOException {
        ObjectStoreProvider provider = provider(settings);
        try {
            provider.createRoot(settings.url(), settings.options());
        } catch (IllegalArgumentException e) {
            throw refused(settings, e);
        }
    }

    private static ObjectStoreProvider provider(RepositorySettings settings) {
        List<String> schemes = new ArrayList<>();
        for (ObjectStoreProvider provider : ServiceLoader.load(ObjectStoreProvider.class)) {
            if (provider.scheme().equals(settings.url().getScheme())) {
                return provider;
            }
            schemes.add(provider.scheme());
        }
        throw new UserFacingException(
                ExitCode.USAGE,
                "there is no kind of store '" + settings.url().getScheme() + "' (repository '" + settings.name() + "')",
                "An address begins with one of " + schemes + ", such as file:///var/lib/tidemark.");
    }

    private static UserFacingException refused(RepositorySettings settings, IllegalArgumentException problem) {
        return new UserFacingException(
                ExitCode.USAGE,
                "repository '" + settings.name() + "': " + problem.getMessage(),
                "Correct its address or its options; see them with: tidemark config",
                problem);
    }
}
