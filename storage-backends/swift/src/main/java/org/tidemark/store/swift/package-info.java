// SPDX-License-Identifier: Apache-2.0
/**
 * The store in OpenStack Swift, {@code swift://container/prefix}, which only needs the JDK's HTTP client. Swift's
 * conditional create does not exclude concurrent writers, so each put is read back, and the store's traits are
 * {@code CHECKED}.
 */
package org.tidemark.store.swift;
