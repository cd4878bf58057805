# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# lib-cable.sh - client 10.0.0.1 and server 10.0.0.2, two machines by a cable;
# what is forged goes on the client's end of it, past the client's own rules.

run ip netns add client
run ip netns add server
ip link add cable netns client type veth peer name cable netns server
for end in client:1 server:2; do
	ip -n "${end%:*}" link set lo up
	ip -n "${end%:*}" addr add "10.0.0.${end#*:}/24" dev cable
	ip -n "${end%:*}" link set cable up
done
