// SPDX-License-Identifier: Apache-2.0
/** Proves with scratch objects what a store really does, for those who set one up. */
package org.tidemark.store.probe;
