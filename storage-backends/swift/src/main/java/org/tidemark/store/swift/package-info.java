// SPDX-License-Identifier: Apache-2.0
/**
 * The store in OpenStack Swift, {@code swift://container/prefix}, over the JDK's HTTP client and nothing else. Swift's
 * conditional create does not exclude writers that come at once, so that each put is read back, and the store says
 * {@code CHECKED}.
 */
package org.tidemark.store.swift;
