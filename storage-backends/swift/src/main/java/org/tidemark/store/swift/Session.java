// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import org.tidemark.core.Secret;

/**
 * What a login gave. Immutable; printed without the token.
 *
 * @param storage the address of the account, without a slash at its end
 * @param life how long the token counts from now on; empty where nobody said
 */
record Session(Secret token, URI storage, Optional<Duration> life) {}
